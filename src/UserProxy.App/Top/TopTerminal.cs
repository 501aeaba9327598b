using System.Runtime.InteropServices;
using Spectre.Console;
using UserProxy.Linux.Host;

namespace UserProxy.App.Top;

/// <summary>
/// The terminal while <c>top</c> has it: a screen of its own without a cursor, and afterwards as it was. Each line is written over the old one and the rest of
/// it cleared, so that nothing flickers.
/// </summary>
internal sealed class TopTerminal : IDisposable
{
    /// <summary>
    /// DECSET 1049 of xterm: the other screen, which is gone with what was on it. 7: long lines are cut and not folded. 1: an arrow comes as
    /// ESC O A, which .NET knows without terminfo, and not as ESC [ A.
    /// </summary>
    private const string Enter = "\e[?1049h\e[?7l\e[?1h\e[2J", Leave = "\e[?1l\e[?7h\e[?1049l";

    private readonly Surroundings _surroundings;
    private readonly IAnsiConsole _console;
    private (int?, int?) _size;
    private PosixSignalRegistration? _suspension;
    private volatile bool _isToSuspend;

    public TopTerminal(Surroundings surroundings)
    {
        _surroundings = surroundings;
        _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(surroundings.Out), Ansi = AnsiSupport.Yes });
        _suspension = ListenToSuspension();
        Take();
    }

    public void Draw(IReadOnlyList<string> lines)
    {
        var size = (_surroundings.OutWidth(), _surroundings.OutHeight());
        string clear = size == _size ? "" : "\e[2J";
        _size = size;
        // In one write: a terminal shows no half of it. No line break after the last, which would scroll.
        _surroundings.Out.Write($"{clear}\e[H{string.Join("\n", lines.Select(line => $"{line}\e[0m\e[K"))}");
        _surroundings.Out.Flush();
    }

    /// <summary>The terminal has another size than the last frame was made for.</summary>
    public bool IsResized => (_surroundings.OutWidth(), _surroundings.OutHeight()) != _size;

    /// <summary>Ctrl-Z was pressed.</summary>
    public bool IsToSuspend => _isToSuspend;

    /// <summary>Nobody looks any more: a connection has ended, or a window was closed. Whoever ignores SIGHUP is not told otherwise.</summary>
    public bool IsGone => _surroundings.IsInteractive && OperatingSystem.IsLinux() && StandardStreams.IsHungUp(StandardStreams.Input);

    /// <summary>Null when none was pressed; always where nobody can. Of a terminal that is gone the console would read for ever.</summary>
    public ConsoleKeyInfo? ReadKey() => _surroundings.IsInteractive && Console.KeyAvailable && !IsGone ? Console.ReadKey(intercept: true) : null;

    /// <summary>
    /// Blocks until a key is pressed or <paramref name="most"/> is over. False at once where that cannot be waited for, and where what has come was no key.
    /// </summary>
    public bool TryWait(TimeSpan most)
    {
        if (!_surroundings.IsInteractive || !OperatingSystem.IsLinux()) return false;
        return !StandardStreams.WaitForInput(most) || Console.KeyAvailable;
    }

    /// <summary>Gives the terminal to the shell, which goes on, and takes it again when this process is continued (fg). The next frame is drawn anew.</summary>
    public void Suspend()
    {
        GiveBack();
        // Without a handler the signal stops the process.
        _suspension?.Dispose();
        if (OperatingSystem.IsLinux()) StandardStreams.Suspend();
        _isToSuspend = false;
        _suspension = ListenToSuspension();
        Take();
    }

    public void Dispose()
    {
        _suspension?.Dispose();
        GiveBack();
    }

    private PosixSignalRegistration? ListenToSuspension() => !OperatingSystem.IsLinux() ? null : PosixSignalRegistration.Create(
        PosixSignal.SIGTSTP,
        context =>
        {
            context.Cancel = true;
            _isToSuspend = true;
        });

    private void Take()
    {
        _surroundings.Out.Write(Enter);
        _console.Cursor.Hide();
        _surroundings.Out.Flush();
        _size = default;
    }

    private void GiveBack()
    {
        _console.Cursor.Show();
        _surroundings.Out.Write(Leave);
        _surroundings.Out.Flush();
    }
}
