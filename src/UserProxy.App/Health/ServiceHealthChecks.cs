using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using UserProxy.Model;

namespace UserProxy.App.Health;

/// <summary>
/// The healthCheckNodePort servers (SEMANTICS 1.16): one a Service, equal to the newest table that is served. Told of tables by
/// <see cref="Update"/>, works on a task of its own, because binding must not keep the Proxier.
/// </summary>
internal sealed class ServiceHealthChecks : IAsyncDisposable
{
    /// <summary>The reason of kube-proxy's Event.</summary>
    public const string BindFailedReason = "FailedToStartServiceHealthcheck";

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly Channel<ServiceTable> _tables =
        Channel.CreateBounded<ServiceTable>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<(string Namespace, string Service), RunningCheck> _running = [];
    private readonly NodeHealth _health;
    private readonly Action<HealthCheckPort, string> _report;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly Task _loop;

    /// <param name="health">Asked at each request.</param>
    /// <param name="report">Told when a port cannot be had, once for each cause.</param>
    /// <param name="log">Told the same, and when it is over.</param>
    /// <param name="time">Drives the retries.</param>
    public ServiceHealthChecks(NodeHealth health, Action<HealthCheckPort, string> report, ILogger log, TimeProvider time)
    {
        _health = health;
        _report = report;
        _log = log;
        _time = time;
        _loop = RunAsync();
    }

    /// <summary>From any thread; never waits.</summary>
    public void Update(ServiceTable table) => _tables.Writer.TryWrite(table);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var check in _running.Values) await check.StopAsync();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        ValueList<HealthCheckPort> wanted = [];
        while (!_stop.IsCancellationRequested)
        {
            using var wait = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            var changed = _tables.Reader.WaitToReadAsync(wait.Token).AsTask();
            var retry = Task.Delay(_running.Values.Any(check => check.Failure is not null) ? RetryAfter : Timeout.InfiniteTimeSpan, _time, wait.Token);
            await Task.WhenAny(changed, retry);
            await wait.CancelAsync();
            while (_tables.Reader.TryRead(out var table)) wanted = table.HealthChecks;
            await ApplyAsync(wanted);
        }
    }

    private async Task ApplyAsync(ValueList<HealthCheckPort> wanted)
    {
        var byService = wanted.ToDictionary(check => (check.Namespace, check.Service));
        foreach (var (key, check) in _running.ToList())
        {
            if (byService.TryGetValue(key, out var declared) && check.Listens(declared)) continue;
            await check.StopAsync();
            _running.Remove(key);
        }

        foreach (var (key, declared) in byService)
        {
            if (!_running.TryGetValue(key, out var check)) _running.Add(key, check = new RunningCheck(_health));
            check.Declared = declared;
            if (check.IsListening) continue;
            string? before = check.Failure;
            await check.TryStartAsync();
            if (check.Failure is { } failure && failure != before)
            {
                _log.ServiceHealthCheckFailed(declared.Namespace, declared.Service, declared.Port, failure);
                _report(declared, failure);
            }
            else if (check.Failure is null && before is not null)
            {
                _log.ServiceHealthCheckBound(declared.Namespace, declared.Service, declared.Port);
            }
        }
    }

    /// <summary>The server of one Service. A new count of endpoints is a write; another port or address is another server.</summary>
    private sealed class RunningCheck(NodeHealth health)
    {
        private volatile HealthCheckPort? _declared;
        private HttpServer? _server;

        public HealthCheckPort Declared { set => _declared = value; }

        public bool IsListening => _server is not null;

        public string? Failure { get; private set; }

        public bool Listens(HealthCheckPort declared) => _declared is { } now && now.Port == declared.Port && now.Addresses == declared.Addresses;

        /// <summary>All addresses or none, as in kube-proxy.</summary>
        public async Task TryStartAsync()
        {
            var declared = _declared!;
            try
            {
                _server = await HttpServer.StartAsync(declared.Addresses.Select(address => new IPEndPoint(address, declared.Port)), AnswerAsync);
                Failure = null;
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                Failure = e.Message;
            }
        }

        public async Task StopAsync()
        {
            if (_server is { } server) await server.DisposeAsync();
            _server = null;
        }

        /// <summary>On every path: load balancers ask for <c>/healthz</c> or <c>/</c>.</summary>
        private Task AnswerAsync(HttpContext context)
        {
            var declared = _declared!;
            bool proxyHealthy = health.IsHealthy;
            context.Response.Headers["X-Load-Balancing-Endpoint-Weight"] = declared.LocalEndpoints.ToString(CultureInfo.InvariantCulture);
            var body = new ServiceHealthBody(new ServiceReference(declared.Namespace, declared.Service), declared.LocalEndpoints, proxyHealthy);
            return HealthResponse.WriteAsync(context, declared.LocalEndpoints > 0 && proxyHealthy, body, HealthJson.Default.ServiceHealthBody);
        }
    }
}
