using System.Net;
using Microsoft.AspNetCore.Connections;
using UserProxy.ProxyProtocol;
using UserProxy.Serving;

namespace UserProxy.Tcp;

/// <summary>
/// Accepts, dials and relays TCP: on sockets and pipelines (portable, the reference), or on loops with io_uring or epoll (Linux). The accepting half is
/// Kestrel's own <see cref="IConnectionListenerFactory"/>: <c>BindAsync</c> binds and listens on one address of one family (SocketException
/// when it cannot), <c>AcceptAsync</c> yields <see cref="TransportConnection"/>s, throws SocketException for a failed accept and can be
/// called again, and <c>UnbindAsync</c> stops taking new ones, after which <c>AcceptAsync</c> yields those already queued and then null.
/// </summary>
public interface ITransport : IConnectionListenerFactory, IAsyncDisposable
{
    /// <summary><c>uring</c>, <c>epoll</c> or <c>sockets</c>, as in the <c>--transport</c> option.</summary>
    string Name { get; }

    /// <summary>What its relays hold for slow readers, and its connections.</summary>
    MemoryBudget Memory { get; }

    /// <summary>Descriptors that it may open at most besides those of listeners and connections.</summary>
    int OwnDescriptors => 0;

    /// <summary>As Kestrel's BindAsync, with what a listener of a Service needs besides; all of it is in force before the first client can come.</summary>
    ValueTask<IFilteredListener> BindAsync(IPEndPoint endpoint, ListenOptions options, CancellationToken cancellationToken = default);

    /// <summary>
    /// Dials <paramref name="endpoint"/> for <paramref name="client"/>, of whom at most one buffer is read meanwhile. Given up when the time of
    /// <paramref name="options"/> has passed or the client has reset its connection; a client's FIN does not count, a half-closed client still
    /// wants its answer. An endpoint that resets after the handshake was connected: its relay says what became of it. Does not throw for network failures.
    /// </summary>
    ValueTask<DialResult> DialAsync(IPEndPoint endpoint, TransportConnection client, DialOptions options);

    /// <summary>
    /// Shows the reader the first bytes of an accepted connection until it is over, and takes from the socket what belongs to the header. Neither a peer that
    /// leaves nor a passed time is an exception.
    /// </summary>
    ValueTask ReadHeaderAsync(TransportConnection client, ProxyHeaderReader reader, TimeSpan timeout) =>
        throw new NotSupportedException("this transport reads no headers");

    /// <summary>A relay between two connections of this transport, not yet running; it owns both from now on.</summary>
    Relay CreateRelay(TransportConnection client, TransportConnection backend, RelayOptions options);

    /// <summary>How many of its own threads have not come to new work for so long: their connections hang. Asked by <c>Syncing/AcceptQueueWatch</c>.</summary>
    int CountHungLoops(TimeSpan patience) => 0;
}
