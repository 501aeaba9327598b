namespace UserProxy.Tcp;

/// <summary>What happened to the connections of one service port since it was first seen: written by connections, read at scrape time.</summary>
public sealed class ServiceCounters
{
    private readonly long[] _closed = new long[Enum.GetValues<EndReason>().Length];
    private readonly long[] _connectFailures = new long[Enum.GetValues<ConnectOutcome>().Length];
    private long _accepted;
    private long _connectRetries;

    /// <summary>Connections taken from the listeners' queues.</summary>
    public long Accepted => Volatile.Read(ref _accepted);

    /// <summary>Dials to a further endpoint after one that failed.</summary>
    public long ConnectRetries => Volatile.Read(ref _connectRetries);

    public long Closed(EndReason reason) => Volatile.Read(ref _closed[(int)reason]);

    public long ConnectFailures(ConnectOutcome outcome) => Volatile.Read(ref _connectFailures[(int)outcome]);

    internal void CountAccepted() => Interlocked.Increment(ref _accepted);

    internal void CountConnectRetry() => Interlocked.Increment(ref _connectRetries);

    internal void CountClosed(EndReason reason) => Interlocked.Increment(ref _closed[(int)reason]);

    internal void CountConnectFailure(ConnectOutcome outcome) => Interlocked.Increment(ref _connectFailures[(int)outcome]);
}
