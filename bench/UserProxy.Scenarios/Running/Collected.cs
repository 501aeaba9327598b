using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Scenarios;

namespace UserProxy.Scenarios.Running;

/// <summary>The rounds of one scenario, gathered into its result: those of this sitting, and those of a run that was interrupted.</summary>
internal sealed class Collected(Scenario scenario)
{
    private readonly Dictionary<(string Metric, double At, string Path), List<double?>> _values = [];
    private readonly Dictionary<string, string> _failures = [];

    private int _rounds;

    public string Command { get; private set; } = "";

    /// <summary>The first failure of a path is kept: it explains those after it.</summary>
    public void Add(RoundRecord round)
    {
        _rounds++;
        if (Command.Length == 0) Command = round.Command;
        foreach (var (path, result) in round.Turns)
        {
            foreach (var reading in result.Readings)
            {
                var key = (reading.Metric, reading.At, path);
                if (!_values.TryGetValue(key, out var values)) _values[key] = values = [];
                Fill(values, _rounds - 1);
                values.Add(reading.Value);
            }

            if (result.Failure is not null) _failures.TryAdd(path, result.Failure);
        }
    }

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
            .ToDictionary(entry => entry.Key.Path, entry => new Sample(Fill(entry.Value, _rounds), _failures.GetValueOrDefault(entry.Key.Path)));
        foreach (var (path, failure) in _failures) samples.TryAdd(path, new Sample([], failure));
        return samples;
    }

    /// <summary>Rounds that gave nothing stay empty, so that the turns of all paths go on standing beside each other.</summary>
    private static List<double?> Fill(List<double?> values, int rounds)
    {
        while (values.Count < rounds) values.Add(null);
        return values;
    }
}
