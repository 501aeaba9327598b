using UserProxy.App.Servers.Admin;
using UserProxy.Reading;

namespace UserProxy.App.Servers.Glance;

/// <summary>
/// Goes over all Service ports once for everybody who looks within a quarter of a second: however many pages are open, looks cost the node four passes a
/// second at most. Nothing is kept for when nobody looks. Asked by <see cref="GlanceAnswers"/>.
/// </summary>
internal sealed class LookReader(AdminFacts facts)
{
    private static readonly TimeSpan SharedFor = TimeSpan.FromMilliseconds(250);

    private readonly StatusReader _status = new(facts);
    private readonly Lock _lock = new();
    private readonly WeakReference<Look?> _last = new(null);
    private long _lastAt;

    /// <summary>Calls <paramref name="use"/> with a look, one caller after the other: what a look finds out later is not for two threads at once.</summary>
    public T Use<T>(Func<Look, T> use)
    {
        lock (_lock)
        {
            if (!_last.TryGetTarget(out var look) || facts.Time.GetElapsedTime(_lastAt) > SharedFor)
            {
                _last.SetTarget(look = Read());
                _lastAt = facts.Time.GetTimestamp();
            }

            return use(look);
        }
    }

    private Look Read()
    {
        ServiceReading[] readings = [.. facts.Proxier.View.Services(asksKernel: false)];
        var services = Array.ConvertAll(readings, reading => new LookedService(reading, SampledOf(reading)));
        return new Look(facts.Time.GetUtcNow(), _status.Read(readings), facts.Sampler?.Sums ?? default, services);
    }

    /// <summary>With the totals of now: those of the sampler are up to a second old.</summary>
    private Sampled SampledOf(ServiceReading reading) => (facts.Sampler?.Of(reading.Counters) ?? default) with
    {
        Totals = new Totals(reading.Counters.Accepted, reading.Counters.AllConnectFailures, reading.BytesIn, reading.BytesOut),
    };
}
