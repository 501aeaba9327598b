using System.Collections.Concurrent;
using System.Net;
using UserProxy.Model;

namespace UserProxy.Tracing;

/// <summary>
/// One who follows connections: a bounded queue between the loops, which never wait for it, and whoever takes from it, a batch at a time. What does not fit is
/// lost and counted. Opened by <see cref="TraceFeed.TryOpen"/>; taken from by one caller.
/// </summary>
public sealed class TraceReader : IDisposable
{
    /// <summary>Events that wait to be taken: two megabytes or so.</summary>
    public const int Capacity = 8192;

    private readonly TraceFeed _feed;
    private readonly TraceFilter _filter;
    private readonly TimeProvider _time;
    private readonly ConcurrentQueue<TraceEvent> _events = new();
    private long _flows;
    private long _ended;
    private long _lost;
    private long _skipped;

    /// <summary>When the rate is as if none had been followed: it is moved on by each, and never further than a second behind.</summary>
    private long _rateAt;

    private int _queued;
    private volatile bool _closed;

    internal TraceReader(TraceFeed feed, TraceFilter filter, TimeProvider time)
    {
        (_feed, _filter, _time) = (feed, filter, time);
        _rateAt = time.GetTimestamp() - time.TimestampFrequency;
    }

    /// <summary>As many as were wanted have ended, and all that is known of them has been taken.</summary>
    public bool IsComplete => _filter.Count is { } count && Volatile.Read(ref _ended) >= count && _events.IsEmpty;

    /// <summary>The oldest events, at most so many; none when none waits.</summary>
    public IReadOnlyList<TraceEvent> Take(int most)
    {
        var taken = new List<TraceEvent>();
        while (taken.Count < most && _events.TryDequeue(out var next)) taken.Add(next);
        Interlocked.Add(ref _queued, -taken.Count);
        return taken;
    }

    /// <summary>How many events did not fit since it was last asked.</summary>
    public long TakeLost() => Interlocked.Exchange(ref _lost, 0);

    /// <summary>How many came faster than it follows since it was last asked.</summary>
    public long TakeSkipped() => Interlocked.Exchange(ref _skipped, 0);

    /// <summary>Follows no more; connections that it has followed forget it as they end.</summary>
    public void Dispose()
    {
        _closed = true;
        _feed.Close(this);
        _events.Clear();
    }

    /// <summary>Whether it follows this one. From any loop.</summary>
    internal bool TryTake(ServicePort port, IPEndPoint client, IPEndPoint? toldBy)
    {
        if (!_filter.Fits(port, client, toldBy) || Volatile.Read(ref _flows) >= _filter.Count) return false;
        if (_filter.MostPerSecond is not { } most || HasRate(most)) return _filter.Count is not { } count || Interlocked.Increment(ref _flows) <= count;
        Interlocked.Increment(ref _skipped);
        return false;
    }

    /// <summary>The generic cell rate algorithm (ITU-T I.371): a bucket for one second, without a lock.</summary>
    private bool HasRate(int most)
    {
        long now = _time.GetTimestamp(), second = _time.TimestampFrequency;
        while (true)
        {
            long seen = Volatile.Read(ref _rateAt), next = Math.Max(seen, now - second) + (second / most);
            if (next > now) return false;
            if (Interlocked.CompareExchange(ref _rateAt, next, seen) == seen) return true;
        }
    }

    /// <summary>From any loop; never waits.</summary>
    internal void Offer(TraceEvent next)
    {
        if (_closed) return;
        if (Interlocked.Increment(ref _queued) <= Capacity)
        {
            _events.Enqueue(next);
        }
        else
        {
            Interlocked.Decrement(ref _queued);
            Interlocked.Increment(ref _lost);
        }

        if (next is EndEvent) Interlocked.Increment(ref _ended);
    }
}
