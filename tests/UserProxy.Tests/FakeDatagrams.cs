using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using UserProxy.Serving;
using UserProxy.Udp;

namespace UserProxy.Tests;

/// <summary>A datagram transport without sockets: an address can be bound once at a time, and no datagram ever comes.</summary>
internal sealed class FakeDatagrams : IDatagramTransport
{
    private readonly ConcurrentDictionary<IPEndPoint, Listener> _bound = [];
    private readonly ConcurrentDictionary<IPEndPoint, bool> _taken = [];
    private int _binds;

    public int SocketsPerListener { get; init; } = 2;

    public DatagramServices? Services { get; private set; }

    /// <summary>Tries, those included that failed.</summary>
    public int Binds => Volatile.Read(ref _binds);

    public IReadOnlyDictionary<IPEndPoint, Listener> Bound => _bound;

    /// <summary>Somebody else has the address from now on, or has given it up.</summary>
    public void SetTaken(IPEndPoint endpoint, bool taken)
    {
        if (taken) _taken[endpoint] = true;
        else _taken.TryRemove(endpoint, out _);
    }

    public void Use(DatagramServices services)
    {
        Services.ShouldBeNull("started twice");
        Services = services;
    }

    public ValueTask<IDatagramListener> BindAsync(UdpServiceListener listener, ListenOptions options)
    {
        Interlocked.Increment(ref _binds);
        var endpoint = listener.Address.EndPoint;
        var bound = new Listener(this, endpoint, listener, options);
        // Who has the wildcard has every address.
        bool isTaken = _taken.ContainsKey(endpoint) || _taken.ContainsKey(new IPEndPoint(IPAddress.Any, endpoint.Port));
        if (isTaken || !_bound.TryAdd(endpoint, bound)) throw new SocketException((int)SocketError.AddressAlreadyInUse);
        listener.Bound();
        return new(bound);
    }

    public ValueTask DisposeAsync() => default;

    public sealed class Listener(FakeDatagrams transport, IPEndPoint endpoint, UdpServiceListener listener, ListenOptions options) : IDatagramListener
    {
        private int _revalidations;

        public UdpServiceListener Declared => listener;

        public ListenOptions Options => options;

        /// <summary>What the loops would look through their sessions with.</summary>
        public Action OnRevalidate { get; set; } = () => { };

        public int Revalidations => Volatile.Read(ref _revalidations);

        public long? KernelDrops { get; set; } = 0;

        public Task<IReadOnlyList<SessionStatus>> CopySessionsAsync() => Task.FromResult<IReadOnlyList<SessionStatus>>([]);

        public void Revalidate()
        {
            Interlocked.Increment(ref _revalidations);
            OnRevalidate();
        }

        /// <summary>How often it was to be left to another process.</summary>
        public int Pauses { get; private set; }

        public Task PauseAsync()
        {
            Pauses++;
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            transport._bound.TryRemove(KeyValuePair.Create(endpoint, this));
            return default;
        }
    }
}
