using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios;

/// <summary>How large a run is.</summary>
internal enum RunSize
{
    /// <summary>Seconds: does it still work?</summary>
    Smoke,

    /// <summary>Two minutes.</summary>
    Quick,

    /// <summary>Everything.</summary>
    Full,
}

/// <summary>What the command line asks for.</summary>
internal sealed record RunSettings
{
    /// <summary>
    /// Of a full run. Two runs agree when the ranges of their turns meet: of three turns each they lie apart in one row of ten although nothing differs, of
    /// five in one of 126.
    /// </summary>
    public const int FullRepeats = 5, FullSeconds = 2;

    public RunSize Size { get; init; } = RunSize.Full;

    /// <summary>Names of scenarios, or beginnings of names; empty for those of the size.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>Names of paths; empty for those of the size.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>How often each path takes its turn.</summary>
    public int Repeats { get; init; } = FullRepeats;

    /// <summary>Of one load. wrk knows whole ones.</summary>
    public int Seconds { get; init; } = FullSeconds;

    /// <summary>Measured is the build beside this program, compiled while it runs, instead of the native executable that is shipped.</summary>
    public bool IsJit { get; init; }

    /// <summary>The userproxy of this checkout.</summary>
    public string Executable => Path.Combine(AppContext.BaseDirectory, IsJit ? "userproxy" : NativeProgram.FileName);

    /// <summary>The executable of another build of userproxy, for the path "userproxy-before".</summary>
    public string? Before { get; init; }

    /// <summary>Milliseconds that the path "planted" sleeps before each piece.</summary>
    public int PlantDelay { get; init; } = 2;

    /// <summary>Executables of tools to take instead of those in PATH, by the tools' names.</summary>
    public IReadOnlyDictionary<string, string> Programs { get; init; } = new Dictionary<string, string>();

    /// <summary>Go on with the run that was interrupted in <see cref="Out"/>.</summary>
    public bool IsResumed { get; init; }

    /// <summary>A report.json of before, whose rows are shown beside these; null for none.</summary>
    public string? Compare { get; init; }

    /// <summary>A report.json to draw anew instead of measuring; null to measure.</summary>
    public string? From { get; init; }

    /// <summary>Measure also where TCP's congestion control spoils bulk.</summary>
    public bool AllowsAnyCongestionControl { get; init; }

    /// <summary>Where the report goes.</summary>
    public required string Out { get; init; }

    /// <summary>The command line, for the report.</summary>
    public string Command { get; init; } = "";

    /// <summary>Null for the one in PATH.</summary>
    public string? ProgramOf(string tool) => Programs.GetValueOrDefault(tool);
}
