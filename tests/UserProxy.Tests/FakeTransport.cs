using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using UserProxy.Policy;
using UserProxy.Serving;
using UserProxy.Tcp;

namespace UserProxy.Tests;

/// <summary>A transport without sockets: an address can be bound once at a time, and no client ever comes.</summary>
internal sealed class FakeTransport : ITransport
{
    private readonly ConcurrentDictionary<IPEndPoint, Listener> _bound = [];

    public string Name => "fake";

    public MemoryBudget Memory { get; } = MemoryBudget.Unlimited;

    public int Binds { get; private set; }

    /// <summary>Addresses that somebody else has.</summary>
    public ConcurrentDictionary<IPEndPoint, bool> Taken { get; } = [];

    public IReadOnlyDictionary<IPEndPoint, Listener> Bound => _bound;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<IFilteredListener> BindAsync(IPEndPoint endpoint, ListenOptions options, CancellationToken cancellationToken = default)
    {
        Binds++;
        var listener = new Listener(this, endpoint, options);
        bool isFree = !Taken.ContainsKey(endpoint) && _bound.TryAdd(endpoint, listener);
        return isFree ? new(listener) : throw new SocketException((int)SocketError.AddressAlreadyInUse);
    }

    public ValueTask<DialResult> DialAsync(IPEndPoint endpoint, TransportConnection client, DialOptions options) => throw new NotSupportedException();

    public Relay CreateRelay(TransportConnection client, TransportConnection backend, RelayOptions options) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => default;

    public sealed class Listener(FakeTransport transport, IPEndPoint endpoint, ListenOptions options) : IFilteredListener
    {
        /// <summary>Of the next accepts: a failure, or null for the end.</summary>
        private readonly Channel<Exception?> _outcomes = Channel.CreateUnbounded<Exception?>();

        public EndPoint EndPoint => endpoint;

        public ListenOptions Options => options;

        public Admission? Admission { get; private set; } = options.Admission;

        public bool IsFiltered => true;

        public void SetAdmission(Admission? admission) => Admission = admission;

        /// <summary>What the kernel would say of its queue.</summary>
        public AcceptQueue? Queue { get; set; }

        /// <summary>How often the kernel was asked.</summary>
        public int QueueReads { get; private set; }

        public AcceptQueue? ReadQueue()
        {
            QueueReads++;
            return Queue;
        }

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
            await _outcomes.Reader.ReadAsync(cancellationToken) is { } failure ? throw failure : null;

        /// <summary>Ends the accept that waits, as a failure or, with null, as if nobody listened any more.</summary>
        public void EndAccept(Exception? failure) => _outcomes.Writer.TryWrite(failure);

        /// <summary>Of a loop that may hang.</summary>
        public Task Pause { get; set; } = Task.CompletedTask;

        public async ValueTask PauseAsync() => await Pause;

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            EndAccept(null);
            return default;
        }

        public ValueTask DisposeAsync()
        {
            transport._bound.TryRemove(KeyValuePair.Create(endpoint, this));
            return default;
        }
    }
}
