using UserProxy.Model;
using UserProxy.Scheduling;

namespace UserProxy.Tcp;

/// <summary>
/// The running connections of one service port, the counts that the limits need, and the bytes of ended connections. Each connection enters and leaves once.
/// Drain, the admin view and scrapes copy it. A copy must be short, so as not to hold up connections: so it is an array and not a linked list.
/// </summary>
internal sealed class LiveConnections
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ClientAddress, int> _perClient = [];
    private Connection?[] _all = [];
    private int _count;
    private long _endedBytesIn;
    private long _endedBytesOut;
    private int _arriving;
    private long _ended;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Connections that have been accepted and have not run yet: a drain must wait for them too.</summary>
    public int Arriving => Volatile.Read(ref _arriving);

    /// <summary>How many have ended so far: who waits for a place sees whether anything goes on.</summary>
    public long Ended => Volatile.Read(ref _ended);

    /// <summary>Those that run and those that have been accepted. It may be off by those that are just moving from one to the other.</summary>
    public int Present => Count + Arriving;

    /// <summary>Nothing runs and nothing is on its way. Arrivals are read first: one that arrives in between is then seen by the count.</summary>
    public bool IsEmpty => Arriving == 0 && Count == 0;

    /// <summary>Called by the accept loop, without the lock; <see cref="TryAdd"/> follows on the connection's own scheduler.</summary>
    public void Announce() => Interlocked.Increment(ref _arriving);

    /// <summary>
    /// False when it is not <paramref name="admitted"/> or a limit of <paramref name="settings"/> is reached; the connection must then be refused.
    /// </summary>
    /// <param name="connection">The new one.</param>
    /// <param name="settings">Have the limits.</param>
    /// <param name="admitted">It may come at all.</param>
    /// <param name="isTold">Who its client is will be told: <see cref="TryCountClient"/> follows.</param>
    public bool TryAdd(Connection connection, ServiceSettings settings, bool admitted = true, bool isTold = false)
    {
        lock (_lock)
        {
            Interlocked.Decrement(ref _arriving);
            if (!admitted) return false;
            if (_count >= settings.MaxConnections) return false;
            if (!isTold && !TryCount(connection, settings)) return false;
            if (_count == _all.Length) Array.Resize(ref _all, Math.Max(4, _count * 2));
            connection.Place = _count;
            _all[_count++] = connection;
            return true;
        }
    }

    /// <summary>The client of a connection is known now; false when it has as many as it may have.</summary>
    public bool TryCountClient(Connection connection, ServiceSettings settings)
    {
        if (settings.MaxConnectionsPerClient is null) return true;
        lock (_lock) return TryCount(connection, settings);
    }

    /// <summary>It has ended: its bytes do not change any more.</summary>
    public void Remove(Connection connection)
    {
        lock (_lock)
        {
            _endedBytesIn += connection.BytesIn;
            _endedBytesOut += connection.BytesOut;
            Volatile.Write(ref _ended, _ended + 1);
            var last = _all[--_count]!;
            _all[_count] = null;
            if (last != connection)
            {
                _all[connection.Place] = last;
                last.Place = connection.Place;
            }

            // What a burst has left behind goes with it.
            if (_count < _all.Length / 8) Array.Resize(ref _all, _all.Length / 2);
            if (!connection.CountedPerClient) return;
            var client = ClientAddress.From(connection.Origin.Address);
            int open = _perClient[client] - 1;
            if (open == 0) _perClient.Remove(client);
            else _perClient[client] = open;
        }
    }

    /// <summary>Bytes of connections that another process has had.</summary>
    public void AddEnded(long bytesIn, long bytesOut)
    {
        lock (_lock)
        {
            _endedBytesIn += bytesIn;
            _endedBytesOut += bytesOut;
        }
    }

    /// <summary>
    /// What <see cref="ServiceSettings.MaxConnectionsPerClient"/> is compared with: connections that came before it was set are not among them.
    /// </summary>
    public int CountOf(ClientAddress client)
    {
        lock (_lock)
        {
            return _perClient.GetValueOrDefault(client);
        }
    }

    private bool TryCount(Connection connection, ServiceSettings settings)
    {
        if (settings.MaxConnectionsPerClient is not { } most) return true;
        var client = ClientAddress.From(connection.Origin.Address);
        int open = _perClient.GetValueOrDefault(client);
        if (open >= most) return false;
        _perClient[client] = open + 1;
        connection.CountedPerClient = true;
        return true;
    }

    /// <summary>In no order.</summary>
    public Connection[] ToArray()
    {
        lock (_lock)
        {
            return _all[.._count]!;
        }
    }

    /// <summary>
    /// The bytes of all connections, ended and running. Never goes back: which have ended and which run is read at one moment, and the counts of the latter
    /// only grow, also after their end.
    /// </summary>
    public (long In, long Out) ReadBytes()
    {
        Connection[] running;
        long bytesIn, bytesOut;
        lock (_lock)
        {
            (bytesIn, bytesOut) = (_endedBytesIn, _endedBytesOut);
            running = _all[.._count]!;
        }

        foreach (var connection in running)
        {
            bytesIn += connection.BytesIn;
            bytesOut += connection.BytesOut;
        }

        return (bytesIn, bytesOut);
    }
}
