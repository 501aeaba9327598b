using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace UserProxy.App.Servers.Http;

/// <summary>
/// The one Kestrel of all <see cref="HttpPorts"/>: a server for each would cost a thread for each. Faces the network: short timeouts, few connections, no
/// bodies. A quarter of the places is the node's own, so that whoever floods a port from elsewhere does not shut out the kubelet's probe (docs/decisions/0033).
/// </summary>
internal sealed class HttpHost : IDisposable
{
    /// <summary>More than the longest request (8 KiB of headers); Kestrel's default is 1 MiB for each connection.</summary>
    private const int ReadAhead = 32 * 1024;

    /// <summary>Connections from elsewhere that wait for Kestrel to start them; the next are turned away.</summary>
    private const int MostStarting = 64;

    private readonly Channel<ConnectionContext> _accepted = Channel.CreateUnbounded<ConnectionContext>();
    private readonly NewestClients _ofNode;
    private readonly NewestClients _others;
    private readonly TimeSpan _longest;
    private readonly Predicate<ConnectionContext> _isOfNode;
    private readonly TimeProvider _time;
    private readonly SocketConnectionContextFactory _connections;
    private readonly SocketConnectionContextFactory _ofNodeConnections;
    private readonly KestrelServer _kestrel;

    private HttpHost(int maxConnections, TimeSpan longest, Predicate<ConnectionContext> isOfNode, TimeProvider time)
    {
        _ofNode = new NewestClients(maxConnections / 4);
        _others = new NewestClients(maxConnections - (maxConnections / 4));
        (_longest, _isOfNode, _time) = (longest, isOfNode, time);
        // As Go's server, a request with a whole URL is answered whatever its Host says: probes come through forward proxies.
        var options = new KestrelServerOptions { AddServerHeader = false, AllowHostHeaderOverride = true };
        options.Limits.MaxRequestBodySize = 0;
        options.Limits.MaxRequestHeadersTotalSize = 8 * 1024;
        options.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(10);
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        // Stands for all ports: what is accepted on them comes through one listener.
        options.Listen(IPAddress.Loopback, 1, listen => listen.Protocols = HttpProtocols.Http1);
        // Each has a queue of its own for what its connections have to do.
        (_connections, _ofNodeConnections) = (NewConnections(), NewConnections());
        _kestrel = new KestrelServer(Options.Create(options), new OneListener(_accepted), NullLoggerFactory.Instance);
    }

    /// <param name="maxConnections">On all ports together, a quarter of them from the node itself; after that the oldest is closed for a new one.</param>
    /// <param name="longest">How long a connection may last, the writing of its answers included.</param>
    /// <param name="isOfNode">Tells the node's own clients.</param>
    /// <param name="time">Measures how long connections last.</param>
    public static async Task<HttpHost> StartAsync(int maxConnections, TimeSpan longest, Predicate<ConnectionContext> isOfNode, TimeProvider time)
    {
        var host = new HttpHost(maxConnections, longest, isOfNode, time);
        await host._kestrel.StartAsync(new Dispatcher(), CancellationToken.None);
        return host;
    }

    /// <summary>Requests that run are answered within <paramref name="longestAnswers"/> or not at all.</summary>
    public async Task StopAsync(TimeSpan longestAnswers)
    {
        using var patience = new CancellationTokenSource(longestAnswers);
        await _kestrel.StopAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose()
    {
        _kestrel.Dispose();
        _connections.Dispose();
        _ofNodeConnections.Dispose();
    }

    /// <summary>
    /// Serves an accepted client, or turns it away. A socket that cannot be taken is not left to the finalizer: its client would wait for an answer, and its
    /// descriptor is one of few.
    /// </summary>
    public void Take(Socket socket, RequestDelegate answer, HttpClientSide from)
    {
        ConnectionContext connection;
        try
        {
            if (from == HttpClientSide.Elsewhere && _accepted.Reader.Count >= MostStarting)
            {
                // At once, and for little: there may be thousands of them a second.
                socket.LingerState = new LingerOption(enable: true, seconds: 0);
                socket.Dispose();
                return;
            }

            if (socket.ProtocolType == ProtocolType.Tcp) socket.NoDelay = true;
            connection = (from == HttpClientSide.Node ? _ofNodeConnections : _connections).Create(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        try
        {
            Take(connection, answer);
        }
        catch
        {
            connection.Abort();
            _ = connection.DisposeAsync().AsTask();
            throw;
        }
    }

    private void Take(ConnectionContext connection, RequestDelegate answer)
    {
        bool isOfNode = _isOfNode(connection);
        // The node's own places are a reserve, and no bound: its clients have the others' too while these are free.
        var crowd = isOfNode && (_ofNode.HasRoom || !_others.HasRoom) ? _ofNode : _others;
        var client = new HttpPortClient(connection, crowd, answer, _longest, _time);
        client.Start();
        // Never waits: behind a full queue of strangers the kubelet would stand too.
        bool isOneTooMany = !isOfNode && _accepted.Reader.Count >= MostStarting;
        if (!isOneTooMany) crowd.Add(client);
        if (!isOneTooMany && _accepted.Writer.TryWrite(client)) return;
        client.Abort();
        _ = client.DisposeAsync().AsTask();
    }

    private static SocketConnectionContextFactory NewConnections() =>
        new(
            new SocketConnectionFactoryOptions { IOQueueCount = 1, MaxReadBufferSize = ReadAhead, MaxWriteBufferSize = ReadAhead }, NullLogger.Instance);

    private sealed class Dispatcher : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => context.Features.GetRequiredFeature<HttpPortClient>().AnswerAsync(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }
    }

    /// <summary>What Kestrel takes for its one listener.</summary>
    private sealed class OneListener(Channel<ConnectionContext> accepted) : IConnectionListenerFactory, IConnectionListener
    {
        public EndPoint EndPoint { get; } = new IPEndPoint(IPAddress.Loopback, 1);

        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
            await accepted.Reader.WaitToReadAsync(cancellationToken) && accepted.Reader.TryRead(out var connection) ? connection : null;

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            accepted.Writer.TryComplete();
            return default;
        }

        public ValueTask DisposeAsync() => default;
    }
}

/// <summary>Whose clients come to a socket.</summary>
internal enum HttpClientSide
{
    Both,
    Elsewhere,
    Node,
}
