using System.Net;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using UserProxy.Model;

namespace UserProxy.App.Servers.Health;

/// <summary>
/// The healthCheckNodePort servers (docs/semantics.md 12.1): one a Service, equal to the newest table that is served. Told of tables by
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
    private readonly Dictionary<(string Namespace, string Service), ServiceHealthCheck> _running = [];
    private readonly HttpPorts _ports;
    private readonly NodeHealth _health;
    private readonly Action<HealthCheckPort, string> _report;
    private readonly PortIssues _issues;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly Task _loop;

    /// <param name="ports">Where to listen.</param>
    /// <param name="health">Asked at each request.</param>
    /// <param name="report">Told when a port cannot be had, once for each cause.</param>
    /// <param name="log">Told the same, and when it is over.</param>
    /// <param name="time">Drives the retries.</param>
    /// <param name="issues">Has those that cannot be had now.</param>
    public ServiceHealthChecks(HttpPorts ports, NodeHealth health, Action<HealthCheckPort, string> report, ILogger log, TimeProvider time, PortIssues issues)
    {
        _issues = issues;
        _ports = ports;
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
            await Task.WhenAny([changed, retry, .. _running.Values.SelectMany(check => check.AcceptLoops)]);
            await wait.CancelAsync();
            while (_tables.Reader.TryRead(out var table)) wanted = table.HealthChecks;
            try
            {
                await ApplyAsync(wanted);
            }
            catch (Exception exception)
            {
                // A defect: the answers would freeze at what they were, so it is said and tried again with the next table.
                _log.ServiceHealthChecksFailed(exception);
            }
        }
    }

    /// <summary>Also from a thread of the pool.</summary>
    private void ReportHeld(HealthCheckPort check, string? reason)
    {
        if (reason is null)
        {
            SetIssue(check, null);
            _log.ServiceHealthCheckBound(check.Namespace, check.Service, check.Port);
            return;
        }

        _log.ServiceHealthCheckSpread(check.Namespace, check.Service, check.Port, reason);
        Report(check, $"answered on the other addresses of the node only: {reason}");
    }

    private void Report(HealthCheckPort check, string why)
    {
        SetIssue(check, why);
        _report(check, why);
    }

    /// <param name="check">Of which Service.</param>
    /// <param name="why">What is wrong with it now; null when nothing is.</param>
    private void SetIssue(HealthCheckPort check, string? why) =>
        _issues.Set($"Service {check.Namespace}/{check.Service}", BindFailedReason, "", why is null ? null : $"healthCheckNodePort {check.Port}: {why}");

    private async Task ApplyAsync(ValueList<HealthCheckPort> wanted)
    {
        var byService = wanted.ToDictionary(check => (check.Namespace, check.Service));
        // Ports are freed before others are bound: one may move from a Service to another.
        foreach (var (key, check) in _running.Where(pair => !byService.ContainsKey(pair.Key)).ToList())
        {
            await check.StopAsync();
            _running.Remove(key);
            _issues.Set($"Service {key.Namespace}/{key.Service}", BindFailedReason, "", null);
        }

        var failed = new List<(HealthCheckPort Declared, ServiceHealthCheck Check, bool IsNews)>();
        foreach (var (key, declared) in byService)
        {
            if (!_running.TryGetValue(key, out var check)) _running.Add(key, check = new ServiceHealthCheck(_ports, _health, ReportHeld));
            string? before = check.Failure;
            if (check.AcceptLoops.FirstOrDefault(loop => loop.IsCompleted) is { } dead)
                _log.ServiceHealthCheckDied(dead.Exception?.InnerException, declared.Namespace, declared.Service, declared.Port);
            await check.ApplyAsync(declared);
            if (check.Failure is not null)
            {
                failed.Add((declared, check, check.Failure != before));
                continue;
            }

            check.Holders.Clear();
            if (check.IsSpread) continue;
            SetIssue(declared, null);
            if (before is not null) _log.ServiceHealthCheckBound(declared.Namespace, declared.Service, declared.Port);
        }

        var news = await _ports.NameTakersAsync(
            [.. failed.Where(one => one.Check.Failure == HttpPorts.Taken).Select(one => (one.Check.Holders, WantedBy(one.Declared)))]);
        foreach (var (declared, check, isNews) in failed.Where(one => one.IsNews || news.Contains(one.Check.Holders)))
        {
            string reason = check.Failure == HttpPorts.Taken ? HttpPorts.TakenBy(check.Holders) : check.Failure!;
            _log.ServiceHealthCheckFailed(declared.Namespace, declared.Service, declared.Port, reason);
            Report(declared, reason);
        }
    }

    private static IReadOnlyList<IPEndPoint> WantedBy(HealthCheckPort declared) =>
        [.. declared.Addresses.Select(address => new IPEndPoint(address, declared.Port))];
}
