namespace UserProxy.Scenarios.Results;

/// <summary>
/// All that one run has found out: made by the runner, written by <see cref="Report.ReportFiles"/>. What a reader needs to repeat it is in it.
/// </summary>
/// <param name="StartedAt">In UTC.</param>
/// <param name="Duration">From the first to the last measurement.</param>
/// <param name="Command">The command line that gives it again.</param>
/// <param name="Repeats">How often each path took its turn.</param>
/// <param name="Machine">Where.</param>
/// <param name="Tools">Name and version of each program that took part, the peers' among them.</param>
/// <param name="Paths">In the order in which they are shown.</param>
/// <param name="Scenarios">In the order in which they ran.</param>
/// <param name="Notes">What the reader has to know, as which tool is missing.</param>
internal sealed record BenchReport(
    DateTimeOffset StartedAt,
    TimeSpan Duration,
    string Command,
    int Repeats,
    Machine Machine,
    IReadOnlyDictionary<string, string> Tools,
    IReadOnlyList<PathInfo> Paths,
    IReadOnlyList<ScenarioResult> Scenarios,
    IReadOnlyList<string> Notes)
{
    /// <summary>Paths that this machine could not measure, and why.</summary>
    public IReadOnlyList<LeftOut> LeftOut { get; init; } = [];
}

/// <summary>The machine of a run.</summary>
/// <param name="Processor">As /proc/cpuinfo names it.</param>
/// <param name="Cores">That the run may use.</param>
/// <param name="MemoryBytes">In all.</param>
/// <param name="Kernel">Release.</param>
/// <param name="System">Distribution.</param>
/// <param name="Runtime">Of .NET.</param>
/// <param name="LoadAverage">Of the minute before the start: a machine that is busy measures itself.</param>
/// <param name="CallNanoseconds">Of a system call that does nothing (getppid): where calls are dear, who makes fewer of them is further ahead.</param>
/// <param name="CongestionControl">TCP's, of all namespaces of the run; empty where nobody has looked, here and below.</param>
/// <param name="ClockGovernor">Of the processors' frequency: "performance" holds it up; empty where the machine has none to set, as guests.</param>
/// <param name="BusyPercent">What others had of the processors in the moment before the start.</param>
/// <param name="StealPercent">What the host took of the processors while the run went on.</param>
internal sealed record Machine(
    string Processor,
    int Cores,
    long MemoryBytes,
    string Kernel,
    string System,
    string Runtime,
    double LoadAverage,
    double CallNanoseconds,
    string CongestionControl = "",
    string ClockGovernor = "",
    double? BusyPercent = null,
    double? StealPercent = null);
