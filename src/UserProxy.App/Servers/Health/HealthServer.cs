using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using UserProxy.App.Configuration;
using UserProxy.App.Servers.Http;

namespace UserProxy.App.Servers.Health;

/// <summary>
/// <c>/healthz</c>, <c>/livez</c> and <c>/readyz</c> of the node (docs/semantics.md 13.1), on kube-proxy's port because load balancers ask there. A port
/// that is taken is tried again, unless a hard failure was asked for.
/// </summary>
internal sealed class HealthServer : IAsyncDisposable
{
    private readonly NodeHealth _health;
    private readonly RetriedListeners _listeners;

    public HealthServer(HttpPorts ports, IPEndPoint address, NodeHealth health, OnBindFailure failure, ILogger log, TimeProvider time)
    {
        _health = health;
        _listeners = new RetriedListeners(ports, address, "health checks", AnswerAsync, failure, log, time, Settings.HealthzBindAddress.Flag);
    }

    /// <summary>As <see cref="RetriedListeners.StartAsync"/>.</summary>
    public Task<bool> StartAsync() => _listeners.StartAsync();

    public ValueTask DisposeAsync() => _listeners.DisposeAsync();

    private Task AnswerAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/healthz":
                var healthz = _health.Report(withNode: true);
                bool eligible = _health.Answers.CountHealthz(healthz.Healthy && healthz.NodeEligible is true);
                return HealthResponse.WriteAsync(context, eligible, healthz, HealthJson.Default.HealthBody);
            case "/livez":
                var livez = _health.Report(withNode: false);
                return HealthResponse.WriteAsync(context, _health.Answers.CountLivez(livez.Healthy), livez, HealthJson.Default.HealthBody);
            case "/readyz":
                bool ready = _health.IsReady;
                return HealthResponse.WriteAsync(context, ready, new ReadyBody(ready), HealthJson.Default.ReadyBody);
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
        }
    }
}
