using Prometheus;
using UserProxy.Reading;

namespace UserProxy.App.Servers.Metrics;

/// <summary>One series of a counter family: what its sources have counted, and those that have left. Updated by <see cref="ServiceSeries"/>.</summary>
internal sealed class CounterSeries(Counter.Child child, Func<ServiceReading, long> read)
{
    private long _left;

    public static long Sum(ReadOnlySpan<ServiceReading> readings, Func<ServiceReading, long> read)
    {
        long sum = 0;
        foreach (var reading in readings) sum += read(reading);
        return sum;
    }

    public void Update(ReadOnlySpan<ServiceReading> readings) => child.IncTo(_left + Sum(readings, read));

    /// <param name="last">Of a source that no later reading is of.</param>
    public void Leave(ServiceReading last) => _left += read(last);
}
