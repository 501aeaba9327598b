using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using UserProxy.App.Servers.Http;
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
        await _ports.MayListen.WaitAsync(_stop.Token);
        while (!_stop.IsCancellationRequested)
        {
            using var wait = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            var changed = _tables.Reader.WaitToReadAsync(wait.Token).AsTask();
            var retry = Task.Delay(NextRetry(), _time, wait.Token);
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

    private TimeSpan NextRetry() =>
        _running.Values.Any(check => check.MustRetry) ? HttpPorts.RetryAfter(_running.Values.Any(check => check.IsTaken)) : Timeout.InfiniteTimeSpan;

    /// <summary>Reports what is wrong with it, or that nothing is any more, once. Also from a thread of the pool.</summary>
    /// <param name="check">Whatever has come of it.</param>
    /// <param name="isNews">The holders are others, if the words are the same.</param>
    private void ReportOnce(ServiceHealthCheck check, bool isNews)
    {
        lock (check)
        {
            var (declared, problem, before) = (check.Declared, check.Problem, check.Told);
            if (problem == before && !(isNews && problem is not null)) return;
            check.Told = problem;
            if (problem is null)
            {
                SetIssue(declared, null);
                _log.ServiceHealthCheckBound(declared.Namespace, declared.Service, declared.Port);
                return;
            }

            if (check.IsAnswered) _log.ServiceHealthCheckSpread(declared.Namespace, declared.Service, declared.Port, problem);
            else _log.ServiceHealthCheckFailed(declared.Namespace, declared.Service, declared.Port, problem);
            string why = check.IsAnswered ? $"answered on the other addresses of the node only: {problem}" : problem;
            SetIssue(declared, why);
            _report(declared, why);
        }
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

        foreach (var (key, declared) in byService)
        {
            if (!_running.TryGetValue(key, out var check))
                _running.Add(key, check = new ServiceHealthCheck(_ports, _health, held => ReportOnce(held, isNews: true)));
            if (check.AcceptLoops.FirstOrDefault(loop => loop.IsCompleted) is { } dead)
                _log.ServiceHealthCheckDied(dead.Exception?.InnerException, declared.Namespace, declared.Service, declared.Port);
            await check.ApplyAsync(declared);
        }

        var news = await _ports.NameTakersAsync([.. _running.Values.Where(check => check.IsTaken).Select(check => (check.Holders, check.Taken))]);
        foreach (var check in _running.Values) ReportOnce(check, isNews: news.Contains(check.Holders));
    }
}
