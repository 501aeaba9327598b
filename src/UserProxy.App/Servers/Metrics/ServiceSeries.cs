using Prometheus;
using UserProxy.Counting;
using UserProxy.Model;
using UserProxy.Reading;
using UserProxy.Serving;
using UserProxy.Udp;

namespace UserProxy.App.Servers.Metrics;

/// <summary>
/// The series of one Service port, found once and kept. Both address families of a dual-stack Service are one: metrics do not tell them apart. One that leaves
/// takes nothing along: a counter must not fall while its Service lives. Made, updated and removed by <see cref="ServiceMetrics"/>.
/// </summary>
internal sealed class ServiceSeries
{
    private static readonly DatagramDrop[] Drops = Enum.GetValues<DatagramDrop>();

    private readonly ServiceMetricFamilies _families;
    private readonly ServicePortName _name;
    private readonly string[] _labels;
    private readonly List<CounterSeries> _counters = [];
    private readonly List<(Gauge.Child Child, Func<ServiceReading, long> Read)> _gauges = [];
    private readonly List<(HistogramSeries Series, Func<ServiceCounters, DurationHistogram> Read)> _histograms = [];
    private readonly List<ChildBase> _children = [];
    private ServiceReading[] _last;
    private bool _isUsed;

    public ServiceSeries(ServiceMetricFamilies families, ReadOnlySpan<ServiceReading> readings)
    {
        _families = families;
        _name = readings[0].Name;
        _labels = [_name.Namespace, _name.Name, _name.Port, IsUdp ? "UDP" : "TCP"];
        _last = readings.ToArray();
        Add(families.Gauges);
        Add(families.Counters);
    }

    /// <summary>The last collection that it was in.</summary>
    public int Collection { get; private set; }

    private bool IsUdp => _name.Protocol == TransportProtocol.Udp;

    /// <summary>False when the Service was deleted and is there anew, with counters that all begin anew.</summary>
    public bool GoesOnIn(ReadOnlySpan<ServiceReading> readings)
    {
        foreach (var reading in readings)
        {
            if (IsIn(_last, reading)) return true;
        }

        return false;
    }

    public void Update(ReadOnlySpan<ServiceReading> readings, int collection)
    {
        Collection = collection;
        Follow(readings);
        if (!_isUsed && IsUsed(readings)) AddUsed();
        foreach (var (child, read) in _gauges) child.Set(CounterSeries.Sum(readings, read));
        foreach (var counter in _counters) counter.Update(readings);
        foreach (var (histogram, _) in _histograms) histogram.Update();
    }

    public void Remove()
    {
        foreach (var child in _children) child.Remove();
    }

    private static bool IsIn(ReadOnlySpan<ServiceReading> readings, ServiceReading sought)
    {
        foreach (var reading in readings)
        {
            if (ReferenceEquals(reading.Counters, sought.Counters)) return true;
        }

        return false;
    }

    /// <summary>Of 10,000 Services most nodes use a handful: the others have few series.</summary>
    private static bool IsUsed(ReadOnlySpan<ServiceReading> readings)
    {
        foreach (var reading in readings)
        {
            if (reading.Counters is { Accepted: > 0 } or { AcceptLoopDeaths: > 0 } or { AcceptQueueStalls: > 0 }) return true;
            if (reading.Udp is { } udp && Array.Exists(Drops, drop => udp.Dropped(drop) > 0)) return true;
        }

        return false;
    }

    /// <summary>An address family that has left is counted as it was in the end, and one that has come from its beginning.</summary>
    private void Follow(ReadOnlySpan<ServiceReading> readings)
    {
        if (!_isUsed && IsUsed(_last)) AddUsed();
        foreach (var last in _last)
        {
            if (IsIn(readings, last)) continue;
            foreach (var counter in _counters) counter.Leave(last);
            foreach (var (histogram, read) in _histograms) histogram.Leave(read(last.Counters));
        }

        foreach (var reading in readings)
        {
            if (IsIn(_last, reading)) continue;
            foreach (var (histogram, read) in _histograms) histogram.Join(read(reading.Counters));
        }

        if (_last.Length == readings.Length) readings.CopyTo(_last);
        else _last = readings.ToArray();
    }

    private void AddUsed()
    {
        _isUsed = true;
        Add(_families.CountersOfUsed);
        Add(IsUdp ? _families.CountersOfUsedUdp : _families.CountersOfUsedTcp);
        if (IsUdp) return;
        foreach (var (family, read) in _families.Histograms)
        {
            var child = family.WithLabels(_labels[..3]);
            _histograms.Add((new HistogramSeries(child, Array.ConvertAll(_last, reading => read(reading.Counters))), read));
            _children.Add(child);
        }
    }

    private void Add(ServiceFigure<Gauge>[] figures)
    {
        foreach (var (family, label, read) in figures)
        {
            var child = family.WithLabels(LabelsWith(label));
            _gauges.Add((child, read));
            _children.Add(child);
        }
    }

    private void Add(ServiceFigure<Counter>[] figures)
    {
        foreach (var (family, label, read) in figures)
        {
            var child = family.WithLabels(LabelsWith(label));
            _counters.Add(new CounterSeries(child, read));
            _children.Add(child);
        }
    }

    private string[] LabelsWith(string? label) => label is null ? _labels : [.. _labels, label];
}
