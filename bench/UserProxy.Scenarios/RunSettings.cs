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
    public RunSize Size { get; init; } = RunSize.Full;

    /// <summary>Names of scenarios, or beginnings of names; empty for those of the size.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>Names of paths; empty for those of the size.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>How often each path takes its turn.</summary>
    public int Repeats { get; init; } = 3;

    /// <summary>Of one load. wrk knows whole ones.</summary>
    public int Seconds { get; init; } = 3;

    /// <summary>Milliseconds that the path "planted" sleeps before each piece.</summary>
    public int PlantDelay { get; init; } = 2;

    /// <summary>Where the report goes.</summary>
    public required string Out { get; init; }

    /// <summary>The command line, for the report.</summary>
    public string Command { get; init; } = "";
}
