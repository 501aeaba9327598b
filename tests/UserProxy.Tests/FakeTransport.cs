using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using UserProxy.Serving;
using UserProxy.Tcp;

namespace UserProxy.Tests;

/// <summary>A transport without sockets: an address can be bound once at a time, and no client ever comes.</summary>
internal sealed class FakeTransport : ITransport
{
    private readonly ConcurrentDictionary<IPEndPoint, Listener> _bound = [];

    public string Name => "fake";

    public int Binds { get; private set; }

    /// <summary>Addresses that somebody else has.</summary>
    public HashSet<IPEndPoint> Taken { get; } = [];

    public IReadOnlyDictionary<IPEndPoint, Listener> Bound => _bound;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<IFilteredListener> BindAsync(IPEndPoint endpoint, ListenOptions options, CancellationToken cancellationToken = default)
    {
        Binds++;
        var listener = new Listener(this, endpoint, options);
        return !Taken.Contains(endpoint) && _bound.TryAdd(endpoint, listener) ? new(listener) : throw new SocketException((int)SocketError.AddressAlreadyInUse);
    }

    public ValueTask<DialResult> DialAsync(IPEndPoint endpoint, TransportConnection client, TimeSpan timeout) => throw new NotSupportedException();

    public Relay CreateRelay(TransportConnection client, TransportConnection backend, RelayOptions options) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => default;

    public sealed class Listener(FakeTransport transport, IPEndPoint endpoint, ListenOptions options) : IFilteredListener
    {
        private readonly TaskCompletionSource<ConnectionContext?> _unbound = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public EndPoint EndPoint => endpoint;

        public ListenOptions Options => options;

        public Admission? Admission { get; private set; } = options.Admission;

        public bool IsFiltered => true;

        public void SetAdmission(Admission? admission) => Admission = admission;

        /// <summary>What the kernel would say of its queue.</summary>
        public AcceptQueue? Queue { get; set; }

        public AcceptQueue? ReadQueue() => Queue;

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => new(_unbound.Task);

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _unbound.TrySetResult(null);
            return default;
        }

        public ValueTask DisposeAsync()
        {
            transport._bound.TryRemove(KeyValuePair.Create(endpoint, this));
            return default;
        }
    }
}
