using System.Globalization;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Running;

/// <summary>What a run is: two that are alike in all of this may be one run, begun and gone on with.</summary>
/// <param name="StartedAt">In UTC; may differ.</param>
/// <param name="Command">The command line; may differ.</param>
/// <param name="Shape">What is measured.</param>
/// <param name="Machine">Where; load and the like may differ.</param>
/// <param name="Tools">Versions.</param>
/// <param name="Builds">SHA-256 of each userproxy that is measured, by what it is called.</param>
internal sealed record RunHead(
    DateTimeOffset StartedAt,
    string Command,
    RunShape Shape,
    Machine Machine,
    IReadOnlyDictionary<string, string> Tools,
    IReadOnlyDictionary<string, string> Builds)
{
    /// <summary>Why the other cannot go on with this one: each difference with both sides of it.</summary>
    public IEnumerable<string> DifferencesFrom(RunHead other) =>
    [
        .. Shape.DifferencesFrom(other.Shape),
        .. Different("processor", Machine.Processor, other.Machine.Processor),
        .. Different("processors", Machine.Cores, other.Machine.Cores),
        .. Different("memory", Machine.MemoryBytes, other.Machine.MemoryBytes),
        .. Different("kernel", Machine.Kernel, other.Machine.Kernel),
        .. Different("system", Machine.System, other.Machine.System),
        .. Different(".NET", Machine.Runtime, other.Machine.Runtime),
        .. Different("congestion control", Machine.CongestionControl, other.Machine.CongestionControl),
        .. Tools.Keys.Union(other.Tools.Keys).Order(StringComparer.Ordinal)
            .SelectMany(tool => Different(tool, Tools.GetValueOrDefault(tool, "none"), other.Tools.GetValueOrDefault(tool, "none"))),
        .. Builds.Keys.Union(other.Builds.Keys).Order(StringComparer.Ordinal)
            .Where(build => Builds.GetValueOrDefault(build) != other.Builds.GetValueOrDefault(build)).Select(build => $"{build} is another build"),
    ];

    internal static IEnumerable<string> Different<T>(string what, T before, T now) where T : notnull =>
        before.Equals(now) ? [] : [string.Create(CultureInfo.InvariantCulture, $"{what}: {before} before, {now} now")];
}

/// <summary>What a run measures, as far as the command line and the tools that are there decide it.</summary>
internal sealed record RunShape(RunSize Size, int Repeats, int Seconds, bool IsJit, IReadOnlyList<string> Paths, IReadOnlyList<string> Scenarios)
{
    public static RunShape Of(RunSettings settings, Selection selection) => new(
        settings.Size, settings.Repeats, settings.Seconds, settings.IsJit, [.. selection.Paths.Select(path => path.Name)],
        [.. selection.Scenarios.Select(scenario => scenario.Name)]);

    public IEnumerable<string> DifferencesFrom(RunShape other) =>
    [
        .. RunHead.Different("size", Size, other.Size),
        .. RunHead.Different("turns (--repeat)", Repeats, other.Repeats),
        .. RunHead.Different("seconds (--seconds)", Seconds, other.Seconds),
        .. RunHead.Different("--jit", IsJit, other.IsJit),
        .. RunHead.Different("paths", string.Join(',', Paths), string.Join(',', other.Paths)),
        .. RunHead.Different("scenarios", string.Join(',', Scenarios), string.Join(',', other.Scenarios)),
    ];
}
