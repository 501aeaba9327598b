using System.Globalization;
using Spectre.Console;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin;

namespace UserProxy.App.Demo;

/// <summary>The demo's table on a terminal, redrawn in place, with a line of typed commands under it.</summary>
internal sealed class LiveView(DemoScene scene, Surroundings surroundings)
{
    private const string Commands = "k N kills backend N, r N revives it, q ends";
    private const int UsualWidth = 80;
    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(200);

    private string _typed = "";
    private string _answer = Commands;
    private bool _quit;

    public Task RunAsync(CancellationToken end)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(surroundings.Out),
            Ansi = AnsiSupport.Yes,
            ColorSystem = surroundings.ColourOnOut ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
        });
        return console.Live(Draw()).StartAsync(async live =>
        {
            while (!end.IsCancellationRequested && !_quit)
            {
                if (surroundings.IsInteractive) await ReadKeysAsync();
                if (surroundings.OutWidth() is { } width) console.Profile.Width = width;
                live.UpdateTarget(Draw());
                await Task.Delay(Frame, surroundings.Time, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        });
    }

    private Rows Draw() => FrameOf(scene.Rows(), Caption(), surroundings.OutWidth() ?? UsualWidth);

    /// <summary>All that is on the screen at one time.</summary>
    internal static Rows FrameOf(IReadOnlyList<DemoRow> rows, string caption, int width)
    {
        var lines = caption.Split('\n').Select(line => line.Length > width ? line.Replace("; ", ";\n", StringComparison.Ordinal) : line);
        return new(TableOf(rows, width), new Text(string.Join('\n', lines)));
    }

    /// <summary>A terminal that folds lines spoils the redraw: a narrow one does without the least telling columns.</summary>
    internal static Table TableOf(IReadOnlyList<DemoRow> rows, int width)
    {
        List<(string Header, Func<DemoRow, string> Cell)> shown =
        [
            ("backend", row => row.Name),
            ("address", row => row.Address),
            ("state", State),
            ("active", row => Number(row.Active)),
            ("total", row => Number(row.Total)),
            ("failed", row => Number(row.FailedConnects)),
            ("bytes", row => Number(row.Bytes)),
        ];
        foreach (string leastTelling in (string[])["bytes", "address", "failed", "active"])
        {
            int wide = shown.Sum(column => rows.Select(row => Markup.Remove(column.Cell(row)).Length).Append(column.Header.Length).Max());
            if (wide + (3 * shown.Count) + 1 > width) shown.RemoveAll(column => column.Header == leastTelling);
        }

        var table = new Table();
        foreach (var (header, _) in shown)
        {
            var column = new TableColumn(header).NoWrap();
            table.AddColumn(header is "backend" or "address" or "state" ? column : column.RightAligned());
        }

        foreach (var row in rows) table.AddRow(shown.Select(column => column.Cell(row)).ToArray());
        return table;
    }

    /// <summary>What is the matter with the process, and what the proxy knows of it.</summary>
    private static string State(DemoRow row) => (row.IsUp, row.State) switch
    {
        (true, HealthWords.Answering or HealthWords.Unknown) => "[green]up[/]",
        (true, _) => $"[yellow]up, {row.TimedState}[/]",
        (false, HealthWords.Answering or HealthWords.Unknown) => "[red]down[/]",
        _ => $"[red]down, {row.TimedState}[/]",
    };

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private string Caption()
    {
        string place = scene.Place is { } at ? $"{PrintedLine.Of(at)}\n" : "";
        string counts =
            $"{place}accepted {scene.Accepted}, retried {scene.Retries}, refused {scene.Refused}; UDP: {scene.Datagrams} datagrams, {scene.Sessions} sessions";
        return surroundings.IsInteractive ? $"{counts}\n{_answer}\n> {_typed}" : counts;
    }

    private async Task ReadKeysAsync()
    {
        while (Console.KeyAvailable)
        {
            var key = Console.ReadKey(intercept: true);
            if (key.Key == ConsoleKey.Enter) await EnterAsync();
            else if (key.Key == ConsoleKey.Backspace) _typed = _typed.Length > 0 ? _typed[..^1] : "";
            else if (!char.IsControl(key.KeyChar)) _typed += key.KeyChar;
        }
    }

    private async Task EnterAsync()
    {
        string command = _typed.Trim();
        _typed = "";
        if (command is "q" or "quit") _quit = true;
        else if (await scene.TryCommandAsync(command)) _answer = $"done: {command}";
        else if (command.Length > 0) _answer = $"{command}? {Commands}";
    }
}
