using System.Globalization;
using Spectre.Console;

namespace UserProxy.App.Demo;

/// <summary>The demo's table on a terminal, redrawn in place, with a line of typed commands under it.</summary>
internal sealed class LiveView(DemoScene scene, Surroundings surroundings)
{
    private const string Commands = "k N kills backend N, r N revives it, q ends";
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
                live.UpdateTarget(Draw());
                await Task.Delay(Frame, surroundings.Time, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        });
    }

    private Rows Draw()
    {
        var table = new Table();
        // Fits into 80 columns: a terminal that folds lines spoils the redraw.
        table.AddColumns("backend", "address", "state", "active", "total", "failed", "bytes");
        foreach (var column in table.Columns) column.NoWrap();
        foreach (var column in table.Columns.Skip(3)) column.RightAligned();
        foreach (var row in scene.Rows())
        {
            table.AddRow(row.Name, row.Address, State(row), Number(row.Active), Number(row.Total), Number(row.FailedConnects), Number(row.Bytes));
        }

        return new Rows(table, new Text(Caption()));
    }

    private static string State(DemoRow row) => (row.IsUp, row.Ejected) switch
    {
        (true, false) => "[green]up[/]",
        (true, true) => "[yellow]up, ejected[/]",
        (false, false) => "[red]down[/]",
        (false, true) => "[red]down, ejected[/]",
    };

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private string Caption()
    {
        string counts =
            $"accepted {scene.Accepted}, retried {scene.Retries}, refused {scene.Refused}; UDP: {scene.Datagrams} datagrams, {scene.Sessions} sessions";
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
