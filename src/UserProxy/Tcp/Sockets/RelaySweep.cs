namespace UserProxy.Tcp.Sockets;

/// <summary>
/// One coarse timer that walks all running relays of a transport and lets each look at its own clocks: no timer object per connection, and
/// nothing to re-arm on the hot path.
/// </summary>
internal sealed class RelaySweep(TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly List<PipeRelay> _walked = [];
    private PipeRelay? _first;
    private int _count;
    private ITimer? _timer;
    private int _walking;

    public void Add(PipeRelay relay)
    {
        lock (_lock)
        {
            relay.Next = _first;
            if (_first is not null) _first.Previous = relay;
            _first = relay;
            _count++;
            _timer ??= time.CreateTimer(static sweep => ((RelaySweep)sweep!).Walk(), this, Period, Period);
        }
    }

    public void Remove(PipeRelay relay)
    {
        lock (_lock)
        {
            if (relay.Previous is { } previous) previous.Next = relay.Next;
            else _first = relay.Next;
            if (relay.Next is { } next) next.Previous = relay.Previous;
            relay.Previous = relay.Next = null;
            _count--;
        }
    }

    public ValueTask DisposeAsync()
    {
        lock (_lock) return _timer?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    private void Walk()
    {
        // A walk may take longer than the period on a starved machine; the next one is then skipped.
        if (Interlocked.Exchange(ref _walking, 1) != 0) return;
        lock (_lock)
        {
            _walked.EnsureCapacity(_count);
            for (var relay = _first; relay is not null; relay = relay.Next) _walked.Add(relay);
        }

        long now = time.GetTimestamp();
        foreach (var relay in _walked) relay.Check(now);
        _walked.Clear();
        Volatile.Write(ref _walking, 0);
    }
}
