namespace UserProxy.App.Servers.Health;

/// <summary>How often <c>/healthz</c> and <c>/livez</c> have said what. Counted by the <see cref="HealthServer"/>, read at scrape time.</summary>
internal sealed class HealthAnswerCounts
{
    private readonly long[] _healthz = new long[2];
    private readonly long[] _livez = new long[2];

    public long Healthz(bool good) => Volatile.Read(ref _healthz[good ? 1 : 0]);

    public long Livez(bool good) => Volatile.Read(ref _livez[good ? 1 : 0]);

    public bool CountHealthz(bool good)
    {
        Interlocked.Increment(ref _healthz[good ? 1 : 0]);
        return good;
    }

    public bool CountLivez(bool good)
    {
        Interlocked.Increment(ref _livez[good ? 1 : 0]);
        return good;
    }
}
