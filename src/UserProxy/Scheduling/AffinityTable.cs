using System.Net;
using UserProxy.Counting;

namespace UserProxy.Scheduling;

/// <summary>
/// Session affinity of one service port: which endpoint each client IP is pinned to. Stands before <see cref="EndpointSet.Pick"/>; there is one only
/// while the Service asks for affinity. Used by connections from any thread. The timeout comes with every call, so that a live change counts for
/// the pins that are there (docs/semantics.md 8.2).
/// </summary>
public sealed class AffinityTable
{
    /// <summary>Clients of one service port that are remembered; one more and the one that was away for longest is removed.</summary>
    public const int DefaultCapacity = 65_536;

    /// <summary>Expired pins that one new pin clears away: more than one, so that the table shrinks after a crowd has gone.</summary>
    private const int SweptPerPin = 2;

    private readonly TimeProvider _time;
    private readonly PinRoom _room;
    private readonly int _capacity;
    private readonly Lock _lock = new();
    private readonly Dictionary<ClientAddress, Pin> _pins = [];

    /// <summary>The pins in the order of their clients' last new connections: what has expired is a run at the front.</summary>
    private readonly LinkedList<Pin> _byAge = [];

    private volatile int _count;
    private bool _closed;

    /// <param name="time">Ages pins.</param>
    /// <param name="room">For the pins of all tables together; null for one that stands alone.</param>
    /// <param name="capacity">Pins of this one.</param>
    public AffinityTable(TimeProvider time, PinRoom? room = null, int capacity = DefaultCapacity)
    {
        (_time, _room, _capacity) = (time, room ?? PinRoom.Unlimited, capacity);
        _room.Enter(this);
    }

    public int Count => _count;

    /// <summary>
    /// The endpoint for a new connection of <paramref name="client"/>, as <see cref="EndpointSet.Pick"/> with the same duties for the caller: the pinned one
    /// if it is in <paramref name="set"/>, not put aside and not <paramref name="tried"/>; else another, to which the client is pinned from now on. A
    /// client whose endpoint cannot be dialled thus ends pinned to the one that answered.
    /// </summary>
    public EndpointState? Pick(EndpointSet set, TimeSpan timeout, IPAddress client, ReadOnlySpan<EndpointState> tried = default)
    {
        var key = ClientAddress.From(client);
        long now = _time.GetTimestamp();
        lock (_lock)
        {
            if (TakePinned(set, timeout, key, tried, now) is { } pinned) return pinned;
        }

        if (set.Pick(ClientKey.From(client), tried) is not { } picked) return null;
        // Before the lock: it may have to come out of another table, or out of this one.
        int room = _room.TryTake() ? 1 : 0;
        EndpointState? faster;
        lock (_lock)
        {
            faster = TakePinned(set, timeout, key, tried, now);
            if (faster is null) room -= Put(key, picked.Address, now, timeout, room > 0);
        }

        _room.Return(room);
        if (faster is null) return picked;
        // Connections that a client opens at once must not be spread: another one of them was faster.
        picked.DialAbandoned();
        return faster;
    }

    /// <summary>Removes up to <paramref name="most"/> pins, the longest unused first. Returns how many there were.</summary>
    internal int RemoveOldest(int most)
    {
        int removed = 0;
        lock (_lock)
        {
            for (; removed < most && _byAge.First is { } oldest; removed++) Remove(oldest);
            if (_pins.Count < _pins.Capacity / 4) _pins.TrimExcess();
            _count = _pins.Count;
        }

        _room.Return(removed);
        return removed;
    }

    /// <summary>Its Service is gone, or asks for affinity no more.</summary>
    internal void Close()
    {
        _room.Leave(this);
        lock (_lock) _closed = true;
        RemoveOldest(int.MaxValue);
    }

    /// <summary>What <see cref="Pick"/> would return now. Changes nothing.</summary>
    public EndpointState? Peek(EndpointSet set, TimeSpan timeout, IPAddress client) =>
        FindPin(client, timeout) is { } address && set.FindAllowed(address, []) is { } pinned ? pinned : set.Peek(ClientKey.From(client));

    /// <summary>Where <paramref name="client"/> is pinned, whether that endpoint is usable or not; null without a pin that is still valid.</summary>
    public IPEndPoint? FindPin(IPAddress client, TimeSpan timeout)
    {
        lock (_lock)
        {
            return _pins.TryGetValue(ClientAddress.From(client), out var pin) && !HasExpired(pin, _time.GetTimestamp(), timeout) ? pin.Endpoint : null;
        }
    }

    /// <summary>The pins that clients have used since then, the longest unused first.</summary>
    internal List<(ClientAddress Client, IPEndPoint Endpoint, TimeSpan Idle)> Copy(long usedSince)
    {
        long now = _time.GetTimestamp();
        lock (_lock)
        {
            return [.. _byAge.Where(pin => pin.UsedAt >= usedSince).Select(pin => (pin.Client, pin.Endpoint, _time.GetElapsedTime(pin.UsedAt, now)))];
        }
    }

    /// <summary>A pin of another process; one that is here already stays.</summary>
    internal void Restore(ClientAddress client, IPEndPoint endpoint, TimeSpan idle, TimeSpan timeout)
    {
        if (idle >= timeout) return;
        int room = _room.TryTake() ? 1 : 0;
        lock (_lock)
        {
            if (!_pins.ContainsKey(client)) room -= Put(client, endpoint, _time.GetTimestamp() - _time.Units(idle), timeout, room > 0);
        }

        _room.Return(room);
    }

    private EndpointState? TakePinned(EndpointSet set, TimeSpan timeout, ClientAddress key, ReadOnlySpan<EndpointState> tried, long now)
    {
        if (!_pins.TryGetValue(key, out var pin) || HasExpired(pin, now, timeout)) return null;
        if (set.FindAllowed(pin.Endpoint, tried) is not { } state) return null;
        Refresh(pin, now);
        state.Picked();
        return state;
    }

    /// <summary>Returns by how many there are more pins, which may be fewer. Without room for one more, only those that are there are changed.</summary>
    private int Put(ClientAddress key, IPEndPoint endpoint, long now, TimeSpan timeout, bool hasRoom)
    {
        if (_pins.TryGetValue(key, out var pin))
        {
            pin.Endpoint = endpoint;
            Refresh(pin, now);
            return 0;
        }

        int before = _pins.Count;
        for (int i = 0; i < SweptPerPin && _byAge.First is { } oldest && HasExpired(oldest.Value, now, timeout); i++) Remove(oldest);
        if (_pins.Count >= _capacity) Remove(_byAge.First!);
        if (hasRoom && !_closed)
        {
            pin = new Pin(key, endpoint, now);
            _pins[key] = pin;
            _byAge.AddLast(pin.Place);
        }

        _count = _pins.Count;
        return _count - before;
    }

    private void Refresh(Pin pin, long now)
    {
        pin.UsedAt = now;
        if (pin.Place.Next is null) return;
        _byAge.Remove(pin.Place);
        _byAge.AddLast(pin.Place);
    }

    private void Remove(LinkedListNode<Pin> place)
    {
        _byAge.Remove(place);
        _pins.Remove(place.Value.Client);
    }

    private bool HasExpired(Pin pin, long now, TimeSpan timeout) => _time.GetElapsedTime(pin.UsedAt, now) >= timeout;

    private sealed class Pin
    {
        public Pin(ClientAddress client, IPEndPoint endpoint, long usedAt)
        {
            Client = client;
            Endpoint = endpoint;
            UsedAt = usedAt;
            Place = new LinkedListNode<Pin>(this);
        }

        public ClientAddress Client { get; }

        public IPEndPoint Endpoint { get; set; }

        public long UsedAt { get; set; }

        public LinkedListNode<Pin> Place { get; }
    }
}
