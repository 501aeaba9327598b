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
using UserProxy.Model;
using UserProxy.Serving;

namespace UserProxy.App.Health;

/// <summary>
/// One Kestrel for any number of ports that come and go, each with a handler of its own: a server for each would cost a thread for each. For the
/// small read-only servers of the node agent, which face the network: short timeouts, few connections, no bodies.
/// </summary>
internal sealed class HttpPorts : IAsyncDisposable
{
    private const int HoldersToName = 3;

    private readonly Channel<ConnectionContext> _accepted = Channel.CreateBounded<ConnectionContext>(64);
    private readonly NewestConnections _newest;
    private readonly SocketTransportFactory _sockets;
    private readonly NodeNetwork? _network;
    private readonly KestrelServer _kestrel;

    private HttpPorts(int maxConnections, Func<EndPoint, Socket> bind, NodeNetwork? network)
    {
        _network = network;
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
        _sockets = FactoryOf(bind);
        _kestrel = new KestrelServer(Options.Create(options), new OneListener(_accepted), NullLoggerFactory.Instance);
    }

    /// <param name="maxConnections">On all ports together; from three quarters on the oldest is closed for a new one.</param>
    /// <param name="bind">Makes the bound socket of an address; null for IP addresses.</param>
    /// <param name="network">Asked when a port is taken; null leaves open by whom.</param>
    public static async Task<HttpPorts> StartAsync(int maxConnections, Func<EndPoint, Socket>? bind = null, NodeNetwork? network = null)
    {
        var ports = new HttpPorts(maxConnections, bind ?? (address => BindOneFamily(address, PortSharing.Alone)), network);
        await ports._kestrel.StartAsync(new Dispatcher(), CancellationToken.None);
        return ports;
    }

    /// <summary>Listens on one address until the result is disposed of: IOException or SocketException when it cannot be had.</summary>
    /// <param name="address">Where.</param>
    /// <param name="handler">Answers.</param>
    /// <param name="held">
    /// Told, when somebody has the port on some addresses and only the others of a wildcard are listened on, why; and null when it is whole. Without it that is a failure.
    /// </param>
    public async Task<HttpPort> ListenAsync(EndPoint address, RequestDelegate handler, Action<string?>? held = null)
    {
        try
        {
            return await ListenAsync(_sockets, address, handler);
        }
        catch (AddressInUseException e)
        {
            string reason = $"the port is taken{await HolderOfAsync(address)}";
            if (held is null || _network is null || address is not IPEndPoint { Address: var ip } wildcard || !(ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any)))
                throw new IOException(reason, e);
            var spread = new SpreadHttpPort(wildcard, _network, (part, sharing) => ListenSharedAsync(part, sharing, handler), () => held(null));
            if (!await spread.TryStartAsync())
            {
                await spread.DisposeAsync();
                throw new IOException(reason, e);
            }

            held(reason);
            return new HttpPort(spread, spread.Completion);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Requests that run are answered at once or not at all: nobody waits for them.
        await _kestrel.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _kestrel.Dispose();
    }

    private static SocketTransportFactory FactoryOf(Func<EndPoint, Socket> bind) =>
        new(Options.Create(new SocketTransportOptions { CreateBoundListenSocket = bind, IOQueueCount = 1 }), NullLoggerFactory.Instance);

    private async Task<HttpPort> ListenAsync(SocketTransportFactory sockets, EndPoint address, RequestDelegate handler)
    {
        var listener = await sockets.BindAsync(address);
        return new HttpPort(listener, AcceptAsync(listener, new Handler(handler)));
    }

    private async Task<HttpPort> ListenSharedAsync(IPEndPoint address, PortSharing sharing, RequestDelegate handler)
    {
        try
        {
            return await ListenAsync(FactoryOf(endpoint => BindOneFamily(endpoint, sharing)), address, handler);
        }
        catch (AddressInUseException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>" by nginx (pid 12) at 10.0.0.5:10256", or nothing.</summary>
    private async Task<string> HolderOfAsync(EndPoint address)
    {
        if (address is not IPEndPoint wanted || _network is not { } network) return "";
        var sockets = await Task.Run(() => network.Find([(TransportProtocol.Tcp, wanted.Port)], withOwners: true));
        string holders = string.Join(", ", sockets.Where(socket => !socket.IsOurs && socket.Blocks(TransportProtocol.Tcp, wanted)).Take(HoldersToName));
        return holders.Length > 0 ? $" by {holders}" : "";
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
    private static Socket BindOneFamily(EndPoint endpoint, PortSharing sharing)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endpoint.AddressFamily == AddressFamily.InterNetworkV6) socket.DualMode = false;
            if (sharing == PortSharing.OverParts) SetReusePort(socket, on: true);
            socket.Bind(endpoint);
            if (sharing == PortSharing.Part) SetReusePort(socket, on: true);
            if (sharing == PortSharing.OverParts)
            {
                socket.Listen();
                SetReusePort(socket, on: false);
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>As in the transports: by number, as .NET has no name for it alone (SO_REUSEPORT, socket(7)).</summary>
    private static void SetReusePort(Socket socket, bool on)
    {
        if (OperatingSystem.IsLinux()) socket.SetRawSocketOption(1, 15, BitConverter.GetBytes(on ? 1 : 0));
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
