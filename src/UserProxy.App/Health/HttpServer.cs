using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace UserProxy.App.Health;

/// <summary>
/// One Kestrel on given addresses with one handler: no host, no routing, no configuration of its own. For the small read-only servers of the
/// node agent, which face the network: short timeouts, few connections, no bodies.
/// </summary>
internal sealed class HttpServer : IAsyncDisposable
{
    private readonly KestrelServer _kestrel;

    private HttpServer(KestrelServer kestrel) => _kestrel = kestrel;

    /// <summary>Binds every address or none: IOException or SocketException when one cannot be had.</summary>
    public static async Task<HttpServer> StartAsync(IEnumerable<IPEndPoint> addresses, RequestDelegate handler, ILoggerFactory? logs = null)
    {
        logs ??= NullLoggerFactory.Instance;
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxConcurrentConnections = 1024;
        options.Limits.MaxRequestBodySize = 0;
        options.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        foreach (var address in addresses) options.Listen(address, listen => listen.Protocols = HttpProtocols.Http1);

        var sockets = new SocketTransportOptions { CreateBoundListenSocket = BindOneFamily, IOQueueCount = 1 };
        var server = new KestrelServer(Options.Create(options), new SocketTransportFactory(Options.Create(sockets), logs), logs);
        try
        {
            await server.StartAsync(new Application(handler), CancellationToken.None);
            return new HttpServer(server);
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Requests that run are answered at once or not at all: nobody waits for them.
        await _kestrel.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _kestrel.Dispose();
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

    private sealed class Application(RequestDelegate handler) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => handler(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }
    }
}
