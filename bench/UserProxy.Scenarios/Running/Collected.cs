using UserProxy.Scenarios.Paths;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Scenarios;

namespace UserProxy.Scenarios.Running;

/// <summary>The turns of one scenario, gathered into its result.</summary>
internal sealed class Collected(Scenario scenario)
{
    private readonly Dictionary<(string Metric, double At, string Path), List<double?>> _values = [];
    private readonly Dictionary<string, string> _failures = [];

    private int _turns;

    public string Command { get; set; } = "";

    /// <summary>The next turn of every path comes.</summary>
    public void BeginTurn() => _turns++;

    public void Add(TrafficPath path, TurnResult result)
    {
        foreach (var reading in result.Readings)
        {
            var key = (reading.Metric, reading.At, path.Name);
            if (!_values.TryGetValue(key, out var values)) _values[key] = values = [];
            Fill(values, _turns - 1);
            values.Add(reading.Value);
        }

        if (result.Failure is not null) Fail(path, result.Failure);
    }

    /// <summary>Without any figure in this turn. The first failure of a path is kept: it explains those after it.</summary>
    public void Fail(TrafficPath path, string failure) => _failures.TryAdd(path.Name, failure);

    public ScenarioResult Result() =>
        new(
            scenario.Name, scenario.Title, scenario.Group, scenario.Method, Command,
            [.. scenario.Metrics.Select(metric => new MetricResult(metric.Name, metric.Unit, metric.Better, Points(metric), metric.Axis))]);

    private List<MetricPoint> Points(Metric metric)
    {
        double[] places = [.. _values.Keys.Where(key => key.Metric == metric.Name).Select(key => key.At).Distinct().Order()];
        if (places.Length == 0) places = [0];
        return [.. places.Select(at => new MetricPoint(at, Samples(metric, at)))];
    }

    private Dictionary<string, Sample> Samples(Metric metric, double at)
    {
        var samples = _values.Where(entry => entry.Key.Metric == metric.Name && entry.Key.At == at)
            .ToDictionary(entry => entry.Key.Path, entry => new Sample(Fill(entry.Value, _turns), _failures.GetValueOrDefault(entry.Key.Path)));
        foreach (var (path, failure) in _failures) samples.TryAdd(path, new Sample([], failure));
        return samples;
    }

    /// <summary>Turns that gave nothing stay empty, so that the turns of all paths go on standing beside each other.</summary>
    private static List<double?> Fill(List<double?> values, int turns)
    {
        while (values.Count < turns) values.Add(null);
        return values;
    }
}
