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

namespace UserProxy.App.Health;

/// <summary>
/// One Kestrel for any number of ports that come and go, each with a handler of its own: a server for each would cost a thread for each. For the
/// small read-only servers of the node agent, which face the network: short timeouts, few connections, no bodies.
/// </summary>
internal sealed class HttpPorts : IAsyncDisposable
{
    /// <summary>The message when somebody else has the port.</summary>
    public const string Taken = "the port is taken";

    private readonly Channel<ConnectionContext> _accepted = Channel.CreateBounded<ConnectionContext>(64);
    private readonly NewestConnections _newest;
    private readonly SocketTransportFactory _sockets;
    private readonly KestrelServer _kestrel;

    private HttpPorts(int maxConnections, Func<EndPoint, Socket> bind)
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxConcurrentConnections = maxConnections;
        // Kestrel turns the newest away: so the oldest go before it comes to that.
        _newest = new NewestConnections(maxConnections - (maxConnections / 4));
        options.Limits.MaxRequestBodySize = 0;
        options.Limits.MaxRequestHeadersTotalSize = 8 * 1024;
        options.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(10);
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        // Stands for all ports: what is accepted on them comes through one listener.
        options.Listen(IPAddress.Loopback, 1, listen => listen.Protocols = HttpProtocols.Http1);
        var sockets = new SocketTransportOptions { CreateBoundListenSocket = bind, IOQueueCount = 1 };
        _sockets = new SocketTransportFactory(Options.Create(sockets), NullLoggerFactory.Instance);
        _kestrel = new KestrelServer(Options.Create(options), new OneListener(_accepted), NullLoggerFactory.Instance);
    }

    /// <param name="maxConnections">On all ports together; from three quarters on the oldest is closed for a new one.</param>
    /// <param name="bind">Makes the bound socket of an address; null for IP addresses.</param>
    public static async Task<HttpPorts> StartAsync(int maxConnections, Func<EndPoint, Socket>? bind = null)
    {
        var ports = new HttpPorts(maxConnections, bind ?? BindOneFamily);
        await ports._kestrel.StartAsync(new Dispatcher(), CancellationToken.None);
        return ports;
    }

    /// <summary>Listens on one address until the result is disposed of: IOException or SocketException when it cannot be had.</summary>
    public async Task<HttpPort> ListenAsync(EndPoint address, RequestDelegate handler)
    {
        try
        {
            var listener = await _sockets.BindAsync(address);
            return new HttpPort(listener, AcceptAsync(listener, new Handler(handler)));
        }
        catch (AddressInUseException e)
        {
            throw new IOException(Taken, e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Requests that run are answered at once or not at all: nobody waits for them.
        await _kestrel.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _kestrel.Dispose();
    }

    /// <summary>Whoever listens looks at how it ends.</summary>
    private async Task AcceptAsync(IConnectionListener listener, Handler handler)
    {
        while (await listener.AcceptAsync() is { } connection)
        {
            connection.Features.Set(handler);
            _newest.Add(connection);
            // Kestrel takes a FIN for the end of the client and drops its answer; a client that has only half-closed (nc -N, socat) waits for it. One that is gone is found out by the next write.
            connection.ConnectionClosed = CancellationToken.None;
            if (!_accepted.Writer.TryWrite(connection)) await connection.DisposeAsync();
        }
    }

    /// <summary>Kestrel's default makes <c>[::]</c> take IPv4 too, which then cannot be bound on its own.</summary>
    private static Socket BindOneFamily(EndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endpoint.AddressFamily == AddressFamily.InterNetworkV6) socket.DualMode = false;
            socket.Bind(endpoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Travels with a connection: who answers on its port.</summary>
    private sealed record Handler(RequestDelegate Answer);

    private sealed class Dispatcher : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => context.Features.GetRequiredFeature<Handler>().Answer(context);

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
