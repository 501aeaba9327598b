using UserProxy.Model;
using UserProxy.Scheduling;

namespace UserProxy.Tcp;

/// <summary>
/// The running connections of one service port: a linked list through the connections themselves, and the counts that the limits need.
/// Entered and left once by each connection; walked by drain at once, and by the admin view in short steps.
/// </summary>
internal sealed class LiveConnections
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ClientAddress, int> _perClient = [];
    private readonly List<ConnectionWalk> _walks = [];
    private Connection? _first;
    private int _count;
    private int _arriving;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Connections that have been accepted and have not run yet: a drain must wait for them too.</summary>
    public int Arriving => Volatile.Read(ref _arriving);

    /// <summary>Nothing runs and nothing is on its way. Arrivals are read first: one that arrives in between is then seen by the count.</summary>
    public bool IsEmpty => Arriving == 0 && Count == 0;

    /// <summary>Called by the accept loop, without the lock; <see cref="TryAdd"/> follows on the connection's own scheduler.</summary>
    public void Announce() => Interlocked.Increment(ref _arriving);

    /// <summary>False when it is not <paramref name="admitted"/> or a limit of <paramref name="settings"/> is reached; the connection must then be refused.</summary>
    public bool TryAdd(Connection connection, ServiceSettings settings, bool admitted = true)
    {
        lock (_lock)
        {
            Interlocked.Decrement(ref _arriving);
            if (!admitted) return false;
            if (_count >= settings.MaxConnections) return false;
            if (settings.MaxConnectionsPerClient is { } most)
            {
                var client = ClientAddress.From(connection.Client.Remote.Address);
                int open = _perClient.GetValueOrDefault(client);
                if (open >= most) return false;
                _perClient[client] = open + 1;
                connection.CountedPerClient = true;
            }

            _count++;
            connection.Next = _first;
            if (_first is not null) _first.Previous = connection;
            _first = connection;
            return true;
        }
    }

    public void Remove(Connection connection)
    {
        lock (_lock)
        {
            _count--;
            foreach (var walk in _walks)
            {
                if (walk.Next == connection) walk.Next = connection.Next;
            }

            if (connection.Previous is { } previous) previous.Next = connection.Next;
            else _first = connection.Next;
            if (connection.Next is { } next) next.Previous = connection.Previous;
            connection.Previous = connection.Next = null;
            if (!connection.CountedPerClient) return;
            var client = ClientAddress.From(connection.Client.Remote.Address);
            int open = _perClient[client] - 1;
            if (open == 0) _perClient.Remove(client);
            else _perClient[client] = open;
        }
    }

    /// <summary>Begins at the newest; connections that come later are not met. Goes on by <see cref="Step"/> until it is disposed of.</summary>
    public ConnectionWalk Walk()
    {
        lock (_lock)
        {
            var walk = new ConnectionWalk(this, _first);
            _walks.Add(walk);
            return walk;
        }
    }

    /// <summary>Takes as many as fit into <paramref name="into"/>, and says how many: none at the end.</summary>
    public int Step(ConnectionWalk walk, Span<Connection> into)
    {
        lock (_lock)
        {
            int taken = 0;
            for (; taken < into.Length && walk.Next is { } connection; walk.Next = connection.Next) into[taken++] = connection;
            return taken;
        }
    }

    public void End(ConnectionWalk walk)
    {
        lock (_lock) _walks.Remove(walk);
    }

    public Connection[] ToArray()
    {
        lock (_lock)
        {
            var all = new Connection[_count];
            int i = 0;
            for (var connection = _first; connection is not null; connection = connection.Next) all[i++] = connection;
            return all;
        }
    }
}
