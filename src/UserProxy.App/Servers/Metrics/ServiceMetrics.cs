using UserProxy.Model;
using UserProxy.Reading;

namespace UserProxy.App.Servers.Metrics;

/// <summary>
/// The series of all Service ports and listeners: found at the first collection that a Service port is in, kept, and removed with it. Declared by
/// <see cref="ProxyMetrics"/>.
/// </summary>
internal sealed class ServiceMetrics
{
    private readonly Proxier _proxier;
    private readonly ServiceMetricFamilies _families;
    private readonly ListenerMetrics _listeners;
    private readonly Dictionary<ServicePortName, ServiceSeries> _series = [];
    private int _collection;

    private ServiceMetrics(MetricFamilies families, Proxier proxier)
    {
        _proxier = proxier;
        _families = new ServiceMetricFamilies(families);
        _listeners = new ListenerMetrics(families);
    }

    public static void Declare(MetricFamilies families, Proxier proxier) => families.OnCollect(new ServiceMetrics(families, proxier).Update);

    private void Update()
    {
        ServiceReading[] readings = [.. _proxier.View.ServicesAndLeft()];
        _collection++;
        // Sorted by name: the address families of a Service port are neighbours.
        for (int from = 0, to; from < readings.Length; from = to)
        {
            for (to = from + 1; to < readings.Length && readings[to].Name == readings[from].Name;) to++;
            var service = readings.AsSpan(from, to - from);
            SeriesOf(service).Update(service, _collection);
        }

        // Removing does not disturb the enumeration of a Dictionary.
        foreach (var (name, series) in _series)
        {
            if (series.Collection == _collection) continue;
            series.Remove();
            _series.Remove(name);
        }

        _listeners.Update(readings, _collection);
    }

    private ServiceSeries SeriesOf(ReadOnlySpan<ServiceReading> readings)
    {
        if (_series.TryGetValue(readings[0].Name, out var series))
        {
            if (series.GoesOnIn(readings)) return series;
            // First: the new one would find the old children under its labels.
            series.Remove();
        }

        return _series[readings[0].Name] = new ServiceSeries(_families, readings);
    }
}
