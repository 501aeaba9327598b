using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using UserProxy.App.Servers.Health;

namespace UserProxy.App.Servers.Admin;

/// <summary>
/// HTTP over the Unix socket of <c>--admin-socket</c>, for the commands that look at a running proxy and for <c>curl --unix-socket</c>. A path that cannot be
/// had is tried again: traffic does not depend on it. A Kestrel of its own, which whoever floods the health port does not fill.
/// </summary>
internal sealed class AdminServer : IAsyncDisposable
{
    /// <summary>Each answer is written in small parts as it is made, so this also bounds the memory that they take.</summary>
    public const int MaxConnections = 16;

    /// <summary>Somebody may page through it.</summary>
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromMinutes(10);

    private readonly string _path;
    private HttpPorts? _http;
    private RetriedListener? _listener;
    private DateTime? _stamp;

    private AdminServer(string path) => _path = path;

    /// <summary>Answers on <paramref name="path"/> when it returns, or says why not and goes on trying.</summary>
    public static async Task<AdminServer> StartAsync(string path, RequestDelegate answer, ILogger log, TimeProvider time, int maxConnections = MaxConnections)
    {
        var server = new AdminServer(path);
        if (Encoding.UTF8.GetByteCount(path) > AdminSocketFile.LongestPath)
        {
            log.AdminPathTooLong(path, AdminSocketFile.LongestPath);
            return server;
        }

        server._http = await HttpPorts.StartAsync(maxConnections, LongestAnswer, time, server.Bind);
        server._listener = new RetriedListener(
            server._http, new UnixDomainSocketEndPoint(path), "list, connections and explain", answer, BindFailure.TryAgain, log, time);
        await server._listener.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        if (_listener is not null) await _listener.DisposeAsync();
        if (_stamp is { } stamp) AdminSocketFile.Remove(_path, stamp);
        if (_http is not null) await _http.DisposeAsync();
    }

    private Socket Bind(EndPoint address)
    {
        var socket = AdminSocketFile.Bind(address);
        _stamp = AdminSocketFile.StampOf(_path);
        return socket;
    }
}
