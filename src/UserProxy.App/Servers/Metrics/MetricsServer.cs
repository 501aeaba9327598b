using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using UserProxy.App.Configuration;
using UserProxy.App.Servers.Http;
using UserProxy.App.Servers.Page;

namespace UserProxy.App.Servers.Metrics;

/// <summary>
/// <c>/metrics</c>, <c>/healthz</c>, <c>/proxyMode</c>, <c>/configz</c> and the status page on kube-proxy's port (docs/semantics.md 14.1), read-only and for
/// this node alone unless told otherwise. A port that is taken is tried again, unless a hard failure was asked for.
/// </summary>
internal sealed class MetricsServer : IAsyncDisposable
{
    private const string PlainText = "text/plain; charset=utf-8";

    private readonly ProxyMetrics _metrics;
    private readonly RunOptions _options;
    private readonly StatusPage? _page;
    private readonly ILogger _log;
    private readonly RetriedListeners _listeners;

    /// <param name="ports">Of its own.</param>
    /// <param name="address">Where.</param>
    /// <param name="metrics">For scrapes.</param>
    /// <param name="page">What answers the other paths; null leaves them unknown.</param>
    /// <param name="options">To be shown.</param>
    /// <param name="failure">Told when the address cannot be had.</param>
    /// <param name="log">For the address, and for defects.</param>
    /// <param name="time">Between two tries.</param>
    public MetricsServer(
        HttpPorts ports, IPEndPoint address, ProxyMetrics metrics, StatusPage? page, RunOptions options, OnBindFailure failure, ILogger log, TimeProvider time)
    {
        _page = page;
        _metrics = metrics;
        _options = options;
        _log = log;
        _listeners = new RetriedListeners(ports, address, "metrics", AnswerAsync, failure, log, time, Settings.MetricsBindAddress.Flag);
    }

    /// <summary>As <see cref="RetriedListeners.StartAsync"/>.</summary>
    public Task<bool> StartAsync() => _listeners.StartAsync();

    public ValueTask DisposeAsync() => _listeners.DisposeAsync();

    private Task AnswerAsync(HttpContext context)
    {
        var response = context.Response;
        response.Headers.XContentTypeOptions = "nosniff";
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.Headers.Allow = "GET, HEAD";
            return Task.CompletedTask;
        }

        switch (context.Request.Path.Value)
        {
            case "/metrics":
                return ScrapeAsync(context);
            case "/healthz":
                return WriteAsync(context, PlainText, "ok"u8.ToArray());
            case "/proxyMode":
                return WriteAsync(context, PlainText, "userspace"u8.ToArray());
            case "/configz":
                return WriteAsync(context, "application/json", Encoding.UTF8.GetBytes(EffectiveSettings.ToJson(_options)));
            case { } path when _page is not null && StatusPage.Has(path):
                return _page.AnswerAsync(context);
            default:
                response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
        }
    }

    private async Task ScrapeAsync(HttpContext context)
    {
        var format = ScrapeFormat.Choose(context.Request.Headers.Accept);
        context.Response.ContentType = ScrapeFormat.ContentType(format);
        if (HttpMethods.IsHead(context.Request.Method)) return;
        try
        {
            await _metrics.WriteAsync(context.Response.BodyWriter, format, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The scraper has left, or has read so slowly that newer ones took its place. Half a scrape must not look like a whole one.
            context.Abort();
        }
        catch (Exception exception)
        {
            // A defect.
            _log.ScrapeFailed(exception);
            context.Abort();
        }
    }

    private static async Task WriteAsync(HttpContext context, string type, byte[] body)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
