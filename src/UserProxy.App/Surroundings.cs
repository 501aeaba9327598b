using UserProxy.App.CommandLine;
using UserProxy.Linux.Host;
using UserProxy.Linux.VirtualIPs;

namespace UserProxy.App;

/// <summary>
/// All that a command may touch of the process it runs in: writers, environment variables, the clock and who it is. Tests hand in their own.
/// </summary>
internal sealed record Surroundings
{
    /// <summary>For the last words of a command, as for those of the log.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    /// <summary>For data: what a script would read.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>For talk: notices, errors, logs.</summary>
    public required TextWriter Error { get; init; }

    public required Func<string, string?> Variable { get; init; }

    /// <summary>Of all variables that there are.</summary>
    public Func<IEnumerable<string>> VariableNames { get; init; } = () => [];

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Timestamp of <see cref="Time"/> at which the command line was taken up.</summary>
    public long StartedAt { get; init; } = TimeProvider.System.GetTimestamp();

    public string HostName { get; init; } = Environment.MachineName;

    public bool IsRoot { get; init; } = Environment.IsPrivilegedProcess;

    /// <summary>Routes of virtual IPs that a run which has ended left on this machine.</summary>
    public Func<int> CountLeftRoutes { get; init; } = VirtualIPLeftovers.Count;

    /// <summary>The same as <see cref="Out"/>, for bytes.</summary>
    public Func<Stream> OpenOutput { get; init; } = Console.OpenStandardOutput;

    /// <summary>For commands that are told to read it.</summary>
    public Func<Stream> OpenInput { get; init; } = Console.OpenStandardInput;

    public bool OutIsTerminal { get; init; }

    /// <summary>Of the terminal that <see cref="Out"/> is, as wide as it is now; null when it is none.</summary>
    public Func<int?> OutWidth { get; init; } = () => null;

    public Func<int?> OutHeight { get; init; } = () => null;

    /// <summary>
    /// Nobody reads <see cref="Out"/> any more (| head): whatever goes on until it is stopped has to ask, as .NET takes a pipe without reader for a success.
    /// </summary>
    public Func<bool> OutIsGone { get; init; } = () => false;

    public bool ErrorIsTerminal { get; init; }

    /// <summary>Both ends of a dialogue: something may be asked for only when somebody can read the question and answer it.</summary>
    public bool IsInteractive { get; init; }

    public bool ColourOnOut => OutIsTerminal && ColourWanted;

    public bool ColourOnError => ErrorIsTerminal && ColourWanted;

    // https://no-color.org: set and not empty means no, whatever the value.
    private bool ColourWanted => string.IsNullOrEmpty(Variable("NO_COLOR")) && Variable("TERM") != "dumb";

    public static Surroundings OfProcess()
    {
        string? terminal = ProcessEnvironment.TakeTerminal();
        return new()
        {
            Out = Open(StandardStreams.Output, () => Console.Out),
            Error = Open(StandardStreams.Error, () => Console.Error),
            Variable = name => name == ProcessEnvironment.Terminal ? terminal : ProcessEnvironment.Variable(name),
            VariableNames = ProcessEnvironment.Names,
            OutIsTerminal = !Console.IsOutputRedirected,
            OutWidth = WidthOfOut,
            OutHeight = () => Console.IsOutputRedirected ? null : Console.WindowHeight is > 0 and var height ? height : null,
            OutIsGone = IsOutGone,
            ErrorIsTerminal = !Console.IsErrorRedirected,
            IsInteractive = !Console.IsInputRedirected && !Console.IsOutputRedirected,
        };
    }

    // A terminal that does not say how wide it is (0) is taken for a usual one.
    private static int? WidthOfOut() => Console.IsOutputRedirected ? null : Console.WindowWidth is > 0 and var width ? width : 80;

    /// <summary>One that was closed from the start is not gone: nobody was to read it.</summary>
    private static bool IsOutGone() =>
        OperatingSystem.IsLinux() && StandardStreams.IsInherited(StandardStreams.Output) && StandardStreams.IsHungUp(StandardStreams.Output);

    /// <summary>
    /// Says on standard error why a command ends, in lines as wide as the terminal where it is one. A pipe that nobody reads does not keep it: whoever waits
    /// for the exit code would wait for good, and SIGTERM would not be heard.
    /// </summary>
    public async Task ComplainAsync(params IReadOnlyList<string> lines)
    {
        string[] wrapped = [.. lines.SelectMany(line => line.Split('\n')).SelectMany(line => Screen.OfError(this).Wrap(line, Screen.Indent))];
        var writing = Task.Run(() =>
        {
            foreach (string line in wrapped) Error.WriteLine(line);
        });
        // By the system's clock, whatever is handed in as Time: the other side is outside.
        if (await Task.WhenAny(writing, Task.Delay(Farewell)) == writing) await writing;
    }

    /// <summary>Whoever starts a process may have closed its outputs (sh: <c>1&gt;&amp;-</c>): then nobody is to be told.</summary>
    private static TextWriter Open(int descriptor, Func<TextWriter> writer) =>
        OperatingSystem.IsLinux() && !StandardStreams.IsInherited(descriptor) ? TextWriter.Null : writer();
}
