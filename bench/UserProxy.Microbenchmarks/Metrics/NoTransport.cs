using System.Net;
using Microsoft.AspNetCore.Connections;
using UserProxy.Policy;
using UserProxy.Serving;
using UserProxy.Tcp;

namespace UserProxy.Microbenchmarks.Metrics;

/// <summary>A transport without sockets: every address can be bound, and no client ever comes.</summary>
internal sealed class NoTransport : ITransport
{
    public string Name => "none";

    public MemoryBudget Memory { get; } = MemoryBudget.Unlimited;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<IFilteredListener> BindAsync(IPEndPoint endpoint, ListenOptions options, CancellationToken cancellationToken = default) =>
        new(new Listener(endpoint));

    public ValueTask<DialResult> DialAsync(IPEndPoint endpoint, TransportConnection client, DialOptions options) => throw new NotSupportedException();

    public Relay CreateRelay(TransportConnection client, TransportConnection backend, RelayOptions options) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => default;

    private sealed class Listener(IPEndPoint endpoint) : IFilteredListener
    {
        private readonly TaskCompletionSource<ConnectionContext?> _unbound = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public EndPoint EndPoint => endpoint;

        public bool IsFiltered => true;

        public void SetAdmission(Admission? admission)
        {
        }

        public AcceptQueue? ReadQueue() => new AcceptQueue(0, 511);

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => new(_unbound.Task);

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _unbound.TrySetResult(null);
            return default;
        }

        public ValueTask DisposeAsync() => default;
    }
}
