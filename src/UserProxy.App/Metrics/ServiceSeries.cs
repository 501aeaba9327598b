using Prometheus;
using UserProxy.Model;
using UserProxy.Serving;
using UserProxy.Udp;

namespace UserProxy.App.Metrics;

/// <summary>
/// The series of one Service port, found once and kept. Both address families of a dual-stack Service are one: metrics do not tell them apart. Made, updated and
/// removed by <see cref="ServiceMetrics"/>.
/// </summary>
internal sealed class ServiceSeries
{
    private static readonly DatagramDrop[] Drops = Enum.GetValues<DatagramDrop>();

    private readonly ServiceFamilies _families;
    private readonly ServicePortName _name;
    private readonly string[] _labels;
    private readonly ServiceCounters[] _sources;
    private readonly List<(Counter.Child Child, Func<ServiceReading, long> Read)> _counters = [];
    private readonly List<(Gauge.Child Child, Func<ServiceReading, long> Read)> _gauges = [];
    private readonly List<HistogramSeries> _histograms = [];
    private readonly List<ChildBase> _children = [];
    private bool _isUsed;

    public ServiceSeries(ServiceFamilies families, ReadOnlySpan<ServiceReading> readings)
    {
        _families = families;
        _name = readings[0].Name;
        _labels = [_name.Namespace, _name.Name, _name.Port, IsUdp ? "UDP" : "TCP"];
        _sources = new ServiceCounters[readings.Length];
        for (int i = 0; i < readings.Length; i++) _sources[i] = readings[i].Counters;
        Add(families.Gauges, _gauges);
        Add(families.Counters, _counters);
    }

    /// <summary>The last collection that it was in.</summary>
    public int Collection { get; private set; }

    private bool IsUdp => _name.Protocol == TransportProtocol.Udp;

    /// <summary>False when the Service was deleted and is there anew, with counters that begin anew, or when one of its address families came or went.</summary>
    public bool IsOf(ReadOnlySpan<ServiceReading> readings)
    {
        if (readings.Length != _sources.Length) return false;
        for (int i = 0; i < readings.Length; i++)
        {
            if (!ReferenceEquals(readings[i].Counters, _sources[i])) return false;
        }

        return true;
    }

    public void Update(ReadOnlySpan<ServiceReading> readings, int collection)
    {
        Collection = collection;
        if (!_isUsed && IsUsed(readings)) AddUsed();
        foreach (var (child, read) in _gauges) child.Set(Sum(readings, read));
        foreach (var (child, read) in _counters) child.IncTo(Sum(readings, read));
        foreach (var histogram in _histograms) histogram.Update();
    }

    public void Remove()
    {
        foreach (var child in _children) child.Remove();
    }

    private static long Sum(ReadOnlySpan<ServiceReading> readings, Func<ServiceReading, long> read)
    {
        long sum = 0;
        foreach (var reading in readings) sum += read(reading);
        return sum;
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

    private void AddUsed()
    {
        _isUsed = true;
        Add(_families.CountersOfUsed, _counters);
        Add(IsUdp ? _families.CountersOfUsedUdp : _families.CountersOfUsedTcp, _counters);
        if (IsUdp) return;
        foreach (var (family, read) in _families.Histograms)
        {
            var child = family.WithLabels(_labels[..3]);
            _histograms.Add(new HistogramSeries(child, Array.ConvertAll(_sources, counters => read(counters))));
            _children.Add(child);
        }
    }

    private void Add<TFamily, TChild>(ServiceFigure<TFamily>[] figures, List<(TChild Child, Func<ServiceReading, long> Read)> to)
        where TFamily : Collector<TChild>
        where TChild : ChildBase
    {
        foreach (var (family, label, read) in figures)
        {
            var child = family.WithLabels(label is null ? _labels : [.. _labels, label]);
            to.Add((child, read));
            _children.Add(child);
        }
    }
}
