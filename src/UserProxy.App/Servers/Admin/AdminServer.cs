using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using UserProxy.App.Servers.Http;

namespace UserProxy.App.Servers.Admin;

/// <summary>
/// HTTP over the Unix socket of <c>--admin-socket</c>, for the commands that look at a running proxy and for <c>curl --unix-socket</c>. A path that cannot be
/// had is tried again, and one that somebody has removed is made again: traffic does not depend on it. A Kestrel of its own, which whoever floods the health
/// port does not fill.
/// </summary>
internal sealed class AdminServer : IAsyncDisposable
{
    /// <summary>Each answer is written in small parts as it is made, so this also bounds the memory that they take.</summary>
    public const int MaxConnections = 16;

    /// <summary>Somebody may page through it.</summary>
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromMinutes(10);

    /// <summary>Whoever cleans /run may take the file away, of which no listening socket is told.</summary>
    private static readonly TimeSpan FileIsLookedAtEvery = TimeSpan.FromSeconds(5);

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly HandOverOfPorts _handOver;
    private readonly CancellationTokenSource _stop = new();
    private Task _watching = Task.CompletedTask;
    private HttpPorts? _http;
    private RetriedListener? _listener;
    private DateTime? _stamp;

    private AdminServer(string path, HandOverOfPorts handOver, ILogger log, TimeProvider time) =>
        (_path, _handOver, _log, _time) = (path, handOver, log, time);

    /// <summary>Answers on <paramref name="path"/> when it returns, or says why not and goes on trying.</summary>
    public static async Task<AdminServer> StartAsync(
        string path, RequestDelegate answer, ILogger log, TimeProvider time, int maxConnections = MaxConnections, HandOverOfPorts? handOver = null)
    {
        var server = new AdminServer(path, handOver ?? HandOverOfPorts.None, log, time);
        if (Encoding.UTF8.GetByteCount(path) > AdminSocketFile.LongestPath)
        {
            log.AdminPathTooLong(path, AdminSocketFile.LongestPath);
            return server;
        }

        server._http = await HttpPorts.StartAsync(
            maxConnections, LongestAnswer, time, server.Bind, handOver: server._handOver with { Inherited = null });
        await server.ListenAsync(answer);
        server._watching = server.WatchFileAsync(answer);
        return server;
    }

    /// <summary>As <see cref="HttpPorts.ReadSockets"/>, by the name that its file has: it was bound under another.</summary>
    public IReadOnlyList<HandedPort> ReadSockets() => [.. (_http?.ReadSockets() ?? []).Select(each => each with { At = new UnixDomainSocketEndPoint(_path) })];

    /// <summary>As <see cref="HttpPorts.PauseAsync"/>.</summary>
    public Task PauseAsync() => _http?.PauseAsync() ?? Task.CompletedTask;

    /// <summary>As <see cref="HttpPorts.Resume"/>.</summary>
    public void Resume() => _http?.Resume();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_listener is not null) await _listener.DisposeAsync();
        // One that another process has answers on.
        if (_stamp is { } stamp && !_handOver.Shared.IsShared) AdminSocketFile.Remove(_path, stamp);
        if (_http is not null) await _http.DisposeAsync();
        _stop.Dispose();
    }

    private async Task ListenAsync(RequestDelegate answer)
    {
        _listener = new RetriedListener(
            _http!, new UnixDomainSocketEndPoint(_path), "list, connections and explain", answer, OnBindFailure.TryAgain, _log, _time);
        await _listener.StartAsync();
    }

    /// <summary>Listens anew when the path no longer leads here.</summary>
    private async Task WatchFileAsync(RequestDelegate answer)
    {
        while (true)
        {
            await Task.Delay(FileIsLookedAtEvery, _time, _stop.Token);
            if (_stamp is not { } stamp || AdminSocketFile.StampOf(_path) == stamp) continue;
            _log.AdminSocketGone(_path);
            _stamp = null;
            await _listener!.DisposeAsync();
            await ListenAsync(answer);
        }
    }

    private Socket Bind(EndPoint address)
    {
        // Its file is there, under the same name.
        var socket = _handOver.Take(address) ?? AdminSocketFile.Bind(address);
        _stamp = AdminSocketFile.StampOf(_path);
        return socket;
    }
}
