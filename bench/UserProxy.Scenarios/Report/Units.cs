using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report;

/// <summary>In which unit a metric is shown: one for all its numbers, so that they compare at a glance.</summary>
/// <param name="Name">As shown; empty for a bare number.</param>
/// <param name="PerShown">How much of the measured unit one shown unit is.</param>
internal readonly record struct Units(string Name, double PerShown)
{
    public static Units For(MetricResult metric)
    {
        double[] medians = [
            .. metric.Points.SelectMany(point => point.Samples.Values).Where(sample => sample.Values.Count > 0).Select(sample => Math.Abs(sample.Median))];
        return For(metric.Unit, medians.Length == 0 ? 0 : medians.Max());
    }

    /// <param name="unit">As measured.</param>
    /// <param name="largest">Of the medians; they decide.</param>
    public static Units For(string unit, double largest) => (unit, largest) switch
    {
        (_, 0) => new(unit, 1),
        ("s", < 1e-3) => new("µs", 1e-6),
        ("s", < 1) => new("ms", 1e-3),
        ("ms", < 0.1) => new("µs", 1e-3),
        ("ms", >= 10_000) => new("s", 1_000),
        ("B", >= 10L << 30) => new("GiB", 1L << 30),
        ("B", >= 10 << 20) => new("MiB", 1 << 20),
        ("B", >= 10 << 10) => new("KiB", 1 << 10),
        _ => new(unit, 1),
    };

    public string Text(double value) => Figures.Text(value / PerShown);

    public string Range(Sample sample) => Figures.Range(sample.Min / PerShown, sample.Max / PerShown);

    /// <summary>"p99, ms"; "requests/s", whose unit is in its name; "errors".</summary>
    public string Caption(MetricResult metric) =>
        Name.Length == 0 || (Name == "1/s" && metric.Name.EndsWith("/s", StringComparison.Ordinal)) ? metric.Name : $"{metric.Name}, {Name}";
}
