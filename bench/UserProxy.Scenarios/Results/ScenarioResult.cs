namespace UserProxy.Scenarios.Results;

/// <summary>Which way is good.</summary>
internal enum Better
{
    Higher,
    Lower,
}

/// <summary>One question, asked to every path.</summary>
/// <param name="Name">As --only has it: "requests-100b-64".</param>
/// <param name="Title">For people: "Requests of 100 B, 64 connections, keep-alive".</param>
/// <param name="Group">Under which heading: "Requests", "Connections", "Bulk", "CPU", "Memory", "UDP", "Growth", "Failover".</param>
/// <param name="Method">In a sentence, how it is measured, and what was done about known traps.</param>
/// <param name="Command">The load's command line for one of the paths; empty for none.</param>
/// <param name="Metrics">The first is what the scenario is about.</param>
internal sealed record ScenarioResult(string Name, string Title, string Group, string Method, string Command, IReadOnlyList<MetricResult> Metrics);

/// <summary>One number of a scenario, over all paths.</summary>
/// <param name="Name">"requests/s", "p99", "CPU".</param>
/// <param name="Unit">"1/s", "ms", "s", "B", "Gbit/s", "%": see <c>Units</c> of the report.</param>
/// <param name="Better">Which way is good.</param>
/// <param name="Points">At which size of the axis; one, with a null axis, for all but the growth scenarios.</param>
/// <param name="Axis">What grows from point to point ("Services"); null for nothing.</param>
internal sealed record MetricResult(string Name, string Unit, Better Better, IReadOnlyList<MetricPoint> Points, string? Axis = null);

/// <summary>A metric at one place of its axis.</summary>
/// <param name="At">On the axis; 0 without one.</param>
/// <param name="Samples">By path name. A path without an entry was not asked.</param>
internal sealed record MetricPoint(double At, IReadOnlyDictionary<string, Sample> Samples);

/// <summary>What one path gave.</summary>
/// <param name="Turns">
/// One for each turn, in order, null for a turn without a value: the turns of all paths with one index stood next to each other. Empty when there is no value
/// at all.
/// </param>
/// <param name="Failure">Why there is none, or what was wrong with some; null for nothing.</param>
internal sealed record Sample(IReadOnlyList<double?> Turns, string? Failure = null)
{
    /// <summary>Of the turns that have one.</summary>
    public IReadOnlyList<double> Values => [.. Turns.OfType<double>()];

    /// <summary>NaN when there is no value.</summary>
    public double Median => MedianOf(Values);

    public double Min => Values.Count == 0 ? double.NaN : Values.Min();

    public double Max => Values.Count == 0 ? double.NaN : Values.Max();

    /// <summary>NaN for nothing.</summary>
    public static double MedianOf(IReadOnlyList<double> values)
    {
        if (values.Count == 0) return double.NaN;
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
