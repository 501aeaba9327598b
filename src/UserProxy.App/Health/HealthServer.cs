using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace UserProxy.App.Health;

/// <summary>
/// <c>/healthz</c>, <c>/livez</c> and <c>/readyz</c> of the node (SEMANTICS 1.17), on kube-proxy's port because load balancers ask there. A port
/// that is taken is tried again every 5 s, unless a hard failure was asked for.
/// </summary>
internal sealed class HealthServer(HttpPorts ports, IPEndPoint address, NodeHealth health, ILogger log, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private Task _retrying = Task.CompletedTask;
    private IAsyncDisposable? _listener;

    /// <summary>False when the address cannot be had now; it has been logged, and <see cref="KeepTrying"/> may follow.</summary>
    public async Task<bool> TryStartAsync()
    {
        if (await TryListenAsync() is not { } reason) return true;
        log.HealthBindFailed(address, reason);
        return false;
    }

    public void KeepTrying() => _retrying = RetryAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _retrying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_listener is { } listener) await listener.DisposeAsync();
        _stop.Dispose();
    }

    private async Task RetryAsync()
    {
        do
        {
            await Task.Delay(RetryAfter, time, _stop.Token);
        }
        while (await TryListenAsync() is not null); // said when it failed first

        log.HealthBound(address);
    }

    /// <summary>Why not; null when it listens.</summary>
    private async Task<string?> TryListenAsync()
    {
        try
        {
            _listener = await ports.ListenAsync(address, AnswerAsync);
            return null;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return e.Message;
        }
    }

    private Task AnswerAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/healthz":
                var healthz = health.Report(withNode: true);
                return HealthResponse.WriteAsync(context, healthz.Healthy && healthz.NodeEligible is true, healthz, HealthJson.Default.HealthBody);
            case "/livez":
                var livez = health.Report(withNode: false);
                return HealthResponse.WriteAsync(context, livez.Healthy, livez, HealthJson.Default.HealthBody);
            case "/readyz":
                bool ready = health.IsReady;
                return HealthResponse.WriteAsync(context, ready, new ReadyBody(ready), HealthJson.Default.ReadyBody);
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
        }
    }
}
