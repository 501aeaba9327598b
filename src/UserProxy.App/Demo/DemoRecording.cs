using System.Globalization;
using System.Net;
using System.Text;
using UserProxy.App.CommandLine;

namespace UserProxy.App.Demo;

/// <summary>
/// <c>demo --record FILE</c>: the script as an animated SVG, as a terminal would show it, for README (docs/pictures/demo.svg). A browser needs nothing else to
/// play it. Frames are taken while the script runs.
/// </summary>
internal sealed class DemoRecording(DemoScene scene, Func<string> now, TimeProvider time)
{
    private const int Columns = 72, CellWidth = 9, LineHeight = 20, Margin = 16;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200), LastFrame = TimeSpan.FromSeconds(4);

    private readonly List<(TimeSpan At, string Text)> _frames = [];

    public async Task RunAsync(CancellationToken end)
    {
        long start = time.GetTimestamp();
        while (!end.IsCancellationRequested)
        {
            string text = Draw();
            if (_frames.Count == 0 || _frames[^1].Text != text) _frames.Add((time.GetElapsedTime(start), text));
            await Task.Delay(Pause, time, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What is on the screen, in the escape sequences of a terminal.</summary>
    private string Draw()
    {
        var table = new TextTable("BACKEND", "PROCESS", "STATE", "ACTIVE", "TOTAL", "FAILED DIALS").Right("ACTIVE", "TOTAL", "FAILED DIALS")
            .Colour("PROCESS", word => word == "up" ? Tone.Good : Tone.Bad).Colour("STATE", word => word == "answering" ? Tone.Good : Tone.Warning);
        foreach (var row in scene.Rows())
            table.Add(row.Name, row.IsUp ? "up" : "killed", row.State, Shown.Number(row.Active), Shown.Number(row.Total), Shown.Number(row.FailedConnects));
        using var text = new StringWriter { NewLine = "\n" };
        text.WriteLine("$ userproxy demo --script");
        text.WriteLine();
        table.Write(text, new Screen(Columns, HasColour: true));
        text.WriteLine();
        text.WriteLine($"{now()}: {scene.Accepted} requests, {scene.Retries} went on to another backend, {scene.Refused} failed");
        return text.ToString();
    }

    public string ToSvg()
    {
        int lines = _frames.Max(frame => frame.Text.Count(letter => letter == '\n'));
        var (width, height) = ((Columns * CellWidth) + (2 * Margin), (lines * LineHeight) + (2 * Margin));
        var total = _frames[^1].At + LastFrame;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"
             font-family="ui-monospace,Menlo,Consolas,monospace" font-size="15">
            <title>userproxy demo --script: a backend is killed and revived under requests</title>
            <rect width="{width}" height="{height}" rx="8" fill="#1b1f24">
            <animate id="loop" attributeName="opacity" from="1" to="1" begin="0s;loop.end" dur="{Seconds(total)}"/>
            </rect>

            """);
        for (int i = 0; i < _frames.Count; i++)
        {
            var (at, text) = _frames[i];
            var until = i + 1 < _frames.Count ? _frames[i + 1].At : total;
            // Without animation, as in print, the last one stands.
            string hidden = i + 1 < _frames.Count ? " visibility=\"hidden\"" : "";
            string last = i + 1 < _frames.Count
                ? $"<set attributeName=\"visibility\" to=\"visible\" begin=\"loop.begin+{Seconds(at)}\" dur=\"{Seconds(until - at)}\"/>"
                : $"<set attributeName=\"visibility\" to=\"hidden\" begin=\"loop.begin\" dur=\"{Seconds(at)}\"/>";
            svg.Append(CultureInfo.InvariantCulture, $"<g fill=\"#d7dde3\"{hidden}>{last}");
            int y = Margin;
            foreach (string line in text.TrimEnd('\n').Split('\n'))
            {
                y += LineHeight;
                if (line.Length > 0) svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Margin}\" y=\"{y - 4}\">{Spans(line)}</text>");
            }

            svg.Append("</g>\n");
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static string Spans(string line)
    {
        var spans = new StringBuilder();
        string[] parts = line.Split('\e');
        spans.Append(Text(parts[0]));
        foreach (string part in parts.Skip(1))
        {
            int end = part.IndexOf('m', StringComparison.Ordinal);
            string text = Text(part[(end + 1)..]);
            string? colour = part[1..end] switch { "32" => "#5fd38d", "33" => "#e5c07b", "31" => "#f2777a", _ => null };
            spans.Append(colour is null ? text : $"<tspan fill=\"{colour}\">{text}</tspan>");
        }

        return spans.ToString();
    }

    /// <summary>Browsers make one blank of many, whatever xml:space says.</summary>
    private static string Text(string text) => WebUtility.HtmlEncode(text).Replace(' ', '\u00a0');

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.0#", CultureInfo.InvariantCulture) + "s";
}
