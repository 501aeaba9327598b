using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using UserProxy.App.Health;

namespace UserProxy.App.Admin;

/// <summary>
/// HTTP over the Unix socket of <c>--admin-socket</c>, for the commands that look at a running proxy and for <c>curl --unix-socket</c>. A path that cannot be
/// had is tried again every 5 s: traffic does not depend on it. A Kestrel of its own, which whoever floods the health port does not fill.
/// </summary>
internal sealed class AdminServer : IAsyncDisposable
{
    /// <summary>Each answer is written in small parts as it is made, so this also bounds the memory that they take.</summary>
    private const int MaxConnections = 16;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly HttpPorts _http;
    private readonly string _path;
    private readonly RequestDelegate _answer;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private Task _retrying = Task.CompletedTask;
    private IAsyncDisposable? _listener;
    private DateTime _stamp;

    private AdminServer(HttpPorts http, string path, RequestDelegate answer, ILogger log, TimeProvider time)
    {
        _http = http;
        _path = path;
        _answer = answer;
        _log = log;
        _time = time;
    }

    /// <summary>Answers on <paramref name="path"/> when it returns, or says why not and goes on trying.</summary>
    public static async Task<AdminServer> StartAsync(string path, RequestDelegate answer, ILogger log, TimeProvider time)
    {
        var server = new AdminServer(await HttpPorts.StartAsync(MaxConnections, AdminSocketFile.Bind), path, answer, log, time);
        if (await server.TryListenAsync() is { } reason)
        {
            log.AdminSocketFailed(path, reason);
            server._retrying = server.RetryAsync();
        }

        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _retrying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_listener is { } listener)
        {
            await listener.DisposeAsync();
            AdminSocketFile.Remove(_path, _stamp);
        }

        await _http.DisposeAsync();
        _stop.Dispose();
    }

    private async Task RetryAsync()
    {
        do
        {
            await Task.Delay(RetryAfter, _time, _stop.Token);
        }
        while (await TryListenAsync() is not null); // said when it failed first

        _log.AdminSocketBound(_path);
    }

    /// <summary>Why not; null when it listens.</summary>
    private async Task<string?> TryListenAsync()
    {
        try
        {
            _listener = await _http.ListenAsync(new UnixDomainSocketEndPoint(_path), _answer);
            _stamp = AdminSocketFile.StampOf(_path);
            return null;
        }
        catch (ArgumentOutOfRangeException)
        {
            return $"the path is longer than {AdminSocketFile.LongestPath} bytes";
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return e.Message;
        }
    }
}
