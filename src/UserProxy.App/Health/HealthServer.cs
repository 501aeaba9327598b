using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace UserProxy.App.Health;

/// <summary>
/// <c>/healthz</c>, <c>/livez</c> and <c>/readyz</c> of the node (SEMANTICS 1.17), on kube-proxy's port because load balancers ask there. A port
/// that is taken is tried again every 5 s, unless a hard failure was asked for.
/// </summary>
internal sealed class HealthServer(IPEndPoint address, NodeHealth health, ILogger log, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private Task _retrying = Task.CompletedTask;
    private HttpServer? _server;

    /// <summary>False when the address cannot be had now; it has been logged, and <see cref="KeepTrying"/> may follow.</summary>
    public async Task<bool> TryStartAsync()
    {
        try
        {
            _server = await HttpServer.StartAsync([address], AnswerAsync);
            return true;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            log.HealthBindFailed(address, e.Message);
            return false;
        }
    }

    public void KeepTrying() => _retrying = RetryAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _retrying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_server is { } server) await server.DisposeAsync();
        _stop.Dispose();
    }

    private async Task RetryAsync()
    {
        while (_server is null)
        {
            await Task.Delay(RetryAfter, time, _stop.Token);
            try
            {
                _server = await HttpServer.StartAsync([address], AnswerAsync);
                log.HealthBound(address);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // Said when it failed first.
            }
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
