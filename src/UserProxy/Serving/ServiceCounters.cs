using UserProxy.Counting;
using UserProxy.Policy;

namespace UserProxy.Serving;

/// <summary>What happened to the connections of one service port since it was first seen: written by connections, read at scrape time.</summary>
public sealed class ServiceCounters
{
    private readonly long[] _closed = new long[Enum.GetValues<EndReason>().Length];
    private readonly long[] _connectFailures = new long[Enum.GetValues<ConnectOutcome>().Length];
    private readonly long[] _connectRetries = new long[Enum.GetValues<ConnectOutcome>().Length];
    private long _accepted;
    private long _acceptLoopDeaths;
    private long _acceptQueueStalls;

    /// <summary>From a Pod next door to the second of several tries.</summary>
    public static HistogramBounds ConnectBounds { get; } = new(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5);

    /// <summary>From one request to a day's session.</summary>
    public static HistogramBounds LifeBounds { get; } = new(0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 21600);

    /// <summary>Connections taken from the listeners' queues.</summary>
    public long Accepted => Volatile.Read(ref _accepted);

    /// <summary>Dials to a further endpoint after one that failed.</summary>
    public long ConnectRetries => _connectRetries.Sum();

    /// <summary>How often an accept loop ended that was not asked to.</summary>
    public long AcceptLoopDeaths => Volatile.Read(ref _acceptLoopDeaths);

    /// <summary>How often a listener's accept queue stayed above half for long.</summary>
    public long AcceptQueueStalls => Volatile.Read(ref _acceptQueueStalls);

    /// <summary>From the accept to the established backend, further tries included: what the client waits for. Of connections that got one.</summary>
    public DurationHistogram ConnectDuration { get; } = new(ConnectBounds);

    /// <summary>From the accept to the end, of connections that had a backend.</summary>
    public DurationHistogram ConnectionDuration { get; } = new(LifeBounds);

    public long Closed(EndReason reason) => Volatile.Read(ref _closed[(int)reason]);

    /// <summary>Dials that failed, for whatever reason.</summary>
    public long AllConnectFailures => _connectFailures.Sum();

    public long ConnectFailures(ConnectOutcome outcome) => Volatile.Read(ref _connectFailures[(int)outcome]);

    /// <summary>Dials to a further endpoint after one that ended with <paramref name="failure"/>.</summary>
    public long ConnectRetriesAfter(ConnectOutcome failure) => Volatile.Read(ref _connectRetries[(int)failure]);

    /// <summary>For another process, in the order of <see cref="AddFigures"/>.</summary>
    internal List<long[]> CopyFigures() =>
    [
        [Accepted, AcceptLoopDeaths, AcceptQueueStalls], [.. _closed], [.. _connectFailures], [.. _connectRetries], ConnectDuration.Copy(),
        ConnectionDuration.Copy(),
    ];

    /// <summary>What another process has counted until it handed over; returns what follows of it.</summary>
    internal IReadOnlyList<long[]> AddFigures(IReadOnlyList<long[]> figures)
    {
        const int Own = 6;
        if (figures.Count < Own) return [];
        if (figures[0] is [var accepted, var deaths, var stalls])
        {
            Interlocked.Add(ref _accepted, accepted);
            Interlocked.Add(ref _acceptLoopDeaths, deaths);
            Interlocked.Add(ref _acceptQueueStalls, stalls);
        }

        Add(_closed, figures[1]);
        Add(_connectFailures, figures[2]);
        Add(_connectRetries, figures[3]);
        ConnectDuration.Add(figures[4]);
        ConnectionDuration.Add(figures[5]);
        return [.. figures.Skip(Own)];
    }

    /// <summary>Of another length they are of another version.</summary>
    internal static void Add(long[] counters, long[] figures)
    {
        for (int i = 0; i < counters.Length && counters.Length == figures.Length; i++) Interlocked.Add(ref counters[i], figures[i]);
    }

    internal void CountAccepted() => Interlocked.Increment(ref _accepted);

    internal void CountConnectRetry(ConnectOutcome after) => Interlocked.Increment(ref _connectRetries[(int)after]);

    internal void CountClosed(EndReason reason) => Interlocked.Increment(ref _closed[(int)reason]);

    internal void CountConnectFailure(ConnectOutcome outcome) => Interlocked.Increment(ref _connectFailures[(int)outcome]);

    internal void CountAcceptLoopDeath() => Interlocked.Increment(ref _acceptLoopDeaths);

    internal void CountAcceptQueueStall() => Interlocked.Increment(ref _acceptQueueStalls);
}
