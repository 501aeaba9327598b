using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Health;
using UserProxy.App.Servers.Metrics;
using UserProxy.App.Snapshots;

namespace UserProxy.App.Run;

/// <summary>
/// Those who watch a Proxier: health checks, Events, the admin socket and metrics, and the order in which they learn of a stop. Made, started and disposed of
/// by <see cref="NodeAgent"/>.
/// </summary>
internal sealed class NodeServers : IAsyncDisposable
{
    /// <summary>A connection to a health check: those who check give up sooner.</summary>
    private static readonly TimeSpan LongestCheck = TimeSpan.FromSeconds(30);

    /// <summary>A connection to the metrics port: Prometheus' longest usual interval.</summary>
    private static readonly TimeSpan LongestScrape = TimeSpan.FromMinutes(1);

    private readonly AgentContext _context;
    private readonly ServiceFeed _feed;
    private readonly Proxier _proxier;
    private readonly string _transport;
    private readonly ServerPlaces _places;
    private readonly RunSnapshot? _snapshot;
    private readonly NodeHealth _health;
    private readonly PortIssues _portIssues = new();
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Disposed of in the opposite order.</summary>
    private readonly List<IAsyncDisposable> _owned = [];

    private int _outcome = ExitCode.Done;

    public NodeServers(AgentContext context, ServiceFeed feed, Proxier proxier, string transport, ServerPlaces places, RunSnapshot? snapshot)
    {
        _context = context;
        _feed = feed;
        _proxier = proxier;
        _transport = transport;
        _places = places;
        _snapshot = snapshot;
        _health = new NodeHealth(() => proxier.View.Sync, () => proxier.View.HungAcceptLoops, () => proxier.Table.Node, feed.NodeMustBeKnown, context.Time)
        {
            IsOnSnapshot = () => IsOnSnapshot,
        };
    }

    /// <summary>The Proxier is to stop: load balancers have been told, and have had the drain delay to leave.</summary>
    public CancellationToken Stop => _stop.Token;

    /// <summary>The exit code of an orderly end: not <see cref="ExitCode.Done"/> when an address was lost that had to be answered in any case.</summary>
    public int Outcome => Volatile.Read(ref _outcome);

    private bool IsOnSnapshot => _snapshot?.ServedFrom is not null;

    /// <summary>False, after saying why, when one that must be there cannot be.</summary>
    public async Task<bool> StartAsync()
    {
        FollowStop();
        if (!await StartHealthAsync()) return false;
        await StartAdminAsync();
        return await StartMetricsAsync();
    }

    public async ValueTask DisposeAsync()
    {
        for (int i = _owned.Count - 1; i >= 0; i--) await _owned[i].DisposeAsync();
        _stop.Dispose();
    }

    /// <summary>First the load balancers are told, then there may be a wait, then the ports are closed.</summary>
    private void FollowStop()
    {
        Own(_context.Signals.Stop.Register(() =>
        {
            _health.StartDraining();
            _stop.CancelAfter(_context.Options.DrainDelay);
        }));
        Own(_context.Signals.Abort.Register(_stop.Cancel));
    }

    private async Task<bool> StartHealthAsync()
    {
        var ports = Own(await OpenPortsAsync(_places.Checks, LongestCheck));
        var checks = Own(new ServiceHealthChecks(
            ports,
            _health,
            (check, why) =>
                _feed.Events?.Report(
                    check.Namespace, check.Service, ServiceHealthChecks.BindFailedReason, "Listen", $"healthCheckNodePort {check.Port}: {why}"),
            _context.Log,
            _context.Time,
            _portIssues));
        _proxier.Applied += applied => checks.Update(applied.Table);
        if (_feed.Events is { } events)
        {
            _proxier.Applied += applied =>
            {
                // What is wrong in a snapshot was told when it was not one.
                if (_snapshot?.Is(applied.Table) is not true) events.Follow(applied.Table);
            };
            _proxier.ProblemFound += events.Report;
        }

        return _context.Options.HealthzBindAddress is not { } address
            || await Own(new HealthServer(ports, address, _health, FailureOf(ClusterEvents.HealthServerFailed), _context.Log, _context.Time)).StartAsync();
    }

    private async Task StartAdminAsync()
    {
        var facts = new AdminFacts(
            _proxier, _health, _context.Options.NodeName, _feed.Source.Description, _transport, _context.Surroundings.StartedAt, _context.Time)
        {
            SourceTrouble = () => _feed.Trouble,
            SourceIssues = () => _feed.Issues(IsOnSnapshot).Concat(_snapshot?.Issues(_context.Options.NodeName) ?? []),
            SnapshotFrom = () => _snapshot?.ServedFrom,
            PortIssues = _portIssues,
        };
        _proxier.ProblemFound += facts.Problems.Add;
        Own(
            await AdminServer.StartAsync(
                _context.Options.AdminSocket, new AdminAnswers(facts, _context.Log).AnswerAsync, _context.Log, _context.Time, _places.Questions));
    }

    private async Task<bool> StartMetricsAsync()
    {
        var syncs = new SyncMetrics(_proxier, _feed.Changes, _health.Answers, _context.Time);
        _proxier.Applied += syncs.Follow;
        if (_context.Options.MetricsBindAddress is not { } address) return true;
        // Outlives the server, whose end breaks off the scrapes that run.
        var scrapes = new ProxyMetrics(_proxier, syncs, _feed.Metrics, () => _context.Logs.LinesDropped, _snapshot);
        Own(new Disposal(scrapes));
        // Ports of its own: whoever floods the health port, which is open to the network, must not blind those who look at the metrics.
        var ports = Own(await OpenPortsAsync(_places.Scrapes, LongestScrape));
        return await Own(
            new MetricsServer(ports, address, scrapes, _context.Options, FailureOf(ClusterEvents.MetricsServerFailed), _context.Log, _context.Time))
                .StartAsync();
    }

    private Task<HttpPorts> OpenPortsAsync(int places, TimeSpan longest) =>
        HttpPorts.StartAsync(
            places, longest, _context.Time, network: NodeNetworks.OfThisNode(), descriptors: _proxier.Descriptors, ownListeners: _proxier.OwnListeners);

    private BindFailure FailureOf(string reason) =>
        new(why => _feed.Events?.ReportNode(reason, why), _context.Options.BindAddressHardFail ? GiveUp : null)
        {
            SetIssue = (at, why) => _portIssues.Set($"Node {_context.Options.NodeName}", reason, $"{at}", why),
        };

    /// <summary>An address that was to be answered in any case is lost: the orderly end, and an exit code that says so.</summary>
    private void GiveUp()
    {
        Volatile.Write(ref _outcome, ExitCode.Failed);
        _health.StartDraining();
        _stop.Cancel();
    }

    private T Own<T>(T owned)
        where T : IAsyncDisposable
    {
        _owned.Add(owned);
        return owned;
    }

    private sealed class Disposal(IDisposable disposable) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            disposable.Dispose();
            return default;
        }
    }
}
