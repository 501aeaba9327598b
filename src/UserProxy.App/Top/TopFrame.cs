using System.Globalization;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Status;

namespace UserProxy.App.Top;

/// <summary>All lines of <c>top</c>'s screen at one time: as many as fit, and none that is folded.</summary>
/// <param name="screen">Its width and whether it has colours.</param>
/// <param name="height">Lines.</param>
/// <param name="space">The namespace that was asked for; null for all.</param>
internal sealed class TopFrame(Screen screen, int height, string? space)
{
    /// <summary>Lines above the Services and below them, and the least that is left to them.</summary>
    private const int Head = 4, Foot = 1, LeastRows = 3;

    private static readonly string[] Help =
    [
        "Keys",
        "  up, down, k, j     choose a Service",
        "  PgUp, PgDn, g, G   a screen up or down, first, last",
        "  Enter, e           its endpoints, or without them again",
        "  /                  search: name, address, port, state",
        "  < >                sort by the column to the left or right",
        "  N S A C F B P      sort by name, state, active, CONN/S,",
        "                     FAIL/S, bytes, P99",
        "  r                  the other way round",
        "  p, space           pause, go on",
        "  Esc                close the endpoints, end the search",
        "  q, Ctrl-C          quit",
        "",
        "CONN/S, FAIL/S, IN/S, OUT/S: means of the last five seconds.",
        "P99: 99 of 100 connects took no longer, of the last 20 s.",
    ];

    /// <summary>Services that fit beside the endpoints that are open.</summary>
    public int RowsFor(TopState state, GlanceAnswer? answer) => Math.Max(LeastRows, height - Head - Foot - 1 - EndpointLines(state, answer));

    /// <param name="state">What is to be seen.</param>
    /// <param name="answer">Of the proxy.</param>
    /// <param name="trouble">Why there is no newer one; null when there is.</param>
    public IReadOnlyList<string> Draw(TopState state, GlanceAnswer answer, string? trouble)
    {
        List<string> lines = state.ShowsHelp
            ? [.. Help]
            : [.. HeadOf(state, answer, trouble), .. ServicesOf(state, answer, isOld: trouble is not null), .. EndpointsOf(state, answer)];
        while (lines.Count < height - Foot) lines.Add("");
        if (lines.Count > height - Foot) lines.RemoveRange(height - Foot, lines.Count - height + Foot);
        lines.Add(FootOf(state));
        return lines;
    }

    private IEnumerable<string> HeadOf(TopState state, GlanceAnswer answer, string? trouble)
    {
        var status = answer.Status;
        bool isWell = StatusCommand.IsWell(status);
        string verdict = trouble is not null ? "no answer" : !status.Ready ? "not ready" : isWell ? "ready" : "ready, with issues";
        string process = Fit($"{status.Node}: {verdict}; {status.Transport}, up {Shown.Time(status.UptimeSeconds)}; {answer.At:HH:mm:ss}Z");
        var tone = trouble is not null ? Tone.Bad : isWell ? Tone.Good : status.Ready ? Tone.Warning : Tone.Bad;
        yield return process.Replace($": {verdict};", $": {screen.Paint(verdict, tone)};", StringComparison.Ordinal);
        foreach (string line in trouble is null ? NumbersOf(answer) : TroubleOf(trouble)) yield return line;
        string search = state.Filter.Length > 0 ? $" with \"{state.Filter}\"" : "";
        string within = space is null ? "" : $" in {space}";
        string order = $"by {state.Sort}{(state.Reverse ? ", reversed" : "")}{(state.Paused ? " [paused]" : "")}";
        yield return Fit($"{Amount.Of(answer.Matching, "Service port")}{within}{search}, {order}");
    }

    private IEnumerable<string> NumbersOf(GlanceAnswer answer)
    {
        var status = answer.Status;
        string states = string.Join(", ", status.Listeners.Where(listener => listener.Value > 0).Select(each => Invariant($"{each.Value} {each.Key}")));
        string age = status.SourceAgeSeconds is { } seconds ? $", heard of {Shown.Time(seconds)} ago" : "";
        yield return Fit($"{(states.Length > 0 ? states : "no listeners")}; {Amount.Of(answer.IssuesTotal, "issue")}; {status.Source}{age}");
        yield return Fit(Invariant($"{status.ActiveConnections} connections, {Shown.Rate(answer.Rates.ConnectionsPerSecond)}/s; ")
            + $"failed dials {Shown.Rate(answer.Rates.FailuresPerSecond)}/s; in {Shown.Bytes(answer.Rates.BytesInPerSecond)}/s, "
            + $"out {Shown.Bytes(answer.Rates.BytesOutPerSecond)}/s");
    }

    /// <summary>In the place of numbers that are old: two lines, as the reason is at the end.</summary>
    private IEnumerable<string> TroubleOf(string trouble)
    {
        string[] lines = [.. screen.Wrap(PrintedLine.Of($"no answer: {trouble}"), indent: 2)];
        yield return screen.Paint(Fit(lines[0]), Tone.Bad);
        string rest = string.Join(' ', lines.Skip(1).Select(line => line.TrimStart()));
        yield return rest.Length == 0 ? "" : screen.Paint(Fit($"  {rest}"), Tone.Bad);
    }

    /// <param name="state">What is to be seen.</param>
    /// <param name="answer">Of the proxy.</param>
    /// <param name="isOld">The proxy does not answer now: nobody knows how its Services are.</param>
    private IEnumerable<string> ServicesOf(TopState state, GlanceAnswer answer, bool isOld)
    {
        int rows = RowsFor(state, answer);
        var shown = answer.Services.Skip(Math.Max(0, state.First - answer.Offset)).Take(rows)
            .Select(item => isOld ? item with { State = TopTables.NotKnown } : item).ToList();
        var table = TopTables.Services(shown, withNamespace: space is null);
        var (lines, plain) = (LinesOf(table, screen), LinesOf(table, screen with { HasColour = false }));
        int chosen = state.Cursor - state.First + 1;
        for (int i = 0; i <= rows; i++)
        {
            if (i >= lines.Length) yield return i == 1 ? "no Service fits" : "";
            else if (i == chosen && screen.Width is { } width) yield return Invert(plain[i], width);
            else yield return lines[i];
        }
    }

    private IEnumerable<string> EndpointsOf(TopState state, GlanceAnswer answer)
    {
        if (state.Open is not { } open) yield break;
        if (answer.Chosen is not { } service)
        {
            yield return Fit($"{open} is not served any more");
            yield break;
        }

        int rows = EndpointLines(state, answer) - 2;
        yield return Fit($"{service.Namespace}/{service.Name} {Shown.Port(service)}: {Amount.Of(service.Endpoints.Count + answer.EndpointsLeftOut, "endpoint")}"
            + (service.Endpoints.Count > rows ? Invariant($", the first {rows}") : ""));
        foreach (string line in LinesOf(TopTables.Endpoints(service.Endpoints.Take(rows)), screen)) yield return line;
    }

    /// <summary>Half of the screen at most.</summary>
    private int EndpointLines(TopState state, GlanceAnswer? answer) =>
        state.Open is null ? 0 : Math.Clamp((answer?.Chosen?.Endpoints.Count ?? 0) + 2, 3, Math.Max(3, (height - Head - Foot - 1) / 2));

    private string FootOf(TopState state) => state.ShowsHelp
        ? "Any key goes back."
        : state.Types
        ? Fit($"/{state.Filter}_   Enter: done, Esc: all Services")
        : Fit("q quit  ? help  / search  < > sort  r reverse  Enter endpoints  p pause");

    private static string Invert(string line, int width) => $"\e[7m{line.PadRight(width)}\e[0m";

    private static string[] LinesOf(TextTable table, Screen screen)
    {
        using var text = new StringWriter { NewLine = "\n" };
        table.Write(text, screen);
        return text.ToString().TrimEnd('\n').Split('\n');
    }

    private string Fit(string text)
    {
        string line = PrintedLine.Of(text);
        return screen.Width is { } width && line.Length > width ? $"{line[..(width - 1)]}…" : line;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
