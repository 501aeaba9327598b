using System.Net;
using System.Net.Sockets;
using UserProxy.App.CommandLine;
using UserProxy.App.Configuration;
using UserProxy.App.Probe;
using UserProxy.App.Run.HandOver;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Glance;
using UserProxy.App.Servers.Health;
using UserProxy.App.Servers.Http;
using UserProxy.App.Servers.Metrics;
using UserProxy.App.Servers.Page;
using UserProxy.App.Snapshots;
using UserProxy.Serving;

namespace UserProxy.App.Run;

/// <summary>
/// Those who watch a Proxier: health checks, Events, the sampler of rates, the admin socket and metrics with the status page, and the order in which they learn
/// of a stop. Made, started and disposed of by <see cref="NodeAgent"/>.
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
    private readonly Predecessor? _predecessor;
    private readonly SocketSharing _shared;

    /// <summary>Whose sockets a successor may have.</summary>
    private readonly List<HttpPorts> _http = [];

    private HandOverOfPorts _handOver = HandOverOfPorts.None;
    private AdminServer? _admin;
    private Task? _closing;

    /// <summary>Disposed of in the opposite order.</summary>
    private readonly List<IAsyncDisposable> _owned = [];

    private int _outcome = ExitCode.Done;

    public NodeServers(
        AgentContext context, ServiceFeed feed, Proxier proxier, string transport, ServerPlaces places, SocketSharing shared, Predecessor? predecessor,
        RunSnapshot? snapshot)
    {
        _predecessor = predecessor;
        _shared = shared;
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
        _handOver = new HandOverOfPorts(_predecessor?.Ports, _predecessor is null ? Task.CompletedTask : LeaveWantedAsync(_predecessor), _shared);
        if (_predecessor is { } predecessor) predecessor.WhyNot = () => WhyNotInPlaceOf(predecessor);
        if (!await StartHealthAsync()) return false;
        var facts = ReadFacts();
        var glance = new GlanceAnswers(facts);
        await StartAdminAsync(facts, glance);
        return await StartMetricsAsync(glance);
    }

    /// <summary>What the kubelet is told of this process.</summary>
    public ProbeAnswer Probe() => new(_health.IsHealthy, _health.IsReady, _health.WhyNot);

    /// <summary>What the servers listen on, for a successor.</summary>
    public IReadOnlyList<HandedPort> ReadSockets() => [.. _http.SelectMany(ports => ports.ReadSockets()), .. _admin?.ReadSockets() ?? []];

    /// <summary>The successor answers from now on.</summary>
    public Task PauseAsync() => Task.WhenAll([.. _http.Select(ports => ports.PauseAsync()), _admin?.PauseAsync() ?? Task.CompletedTask]);

    /// <summary>There is no successor after all.</summary>
    public void Resume()
    {
        foreach (var ports in _http) ports.Resume();
        _admin?.Resume();
    }

    /// <summary>The end of all servers, once.</summary>
    public Task CloseAsync()
    {
        lock (_owned) return _closing ??= CloseAllAsync();
    }

    /// <summary>A successor serves: what still runs here is to end.</summary>
    public void EndForSuccessor()
    {
        _health.StartDraining();
        _stop.Cancel();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _stop.Dispose();
    }

    private async Task CloseAllAsync()
    {
        for (int i = _owned.Count - 1; i >= 0; i--) await _owned[i].DisposeAsync();
    }

    /// <summary>Completes when the predecessor is gone and this process serves; what it answered on, and nobody here will, is closed then.</summary>
    private async Task LeaveWantedAsync(Predecessor predecessor)
    {
        await Task.WhenAll(predecessor.Completion, _proxier.FirstSync);
        var options = _context.Options;
        List<EndPoint> wanted =
        [
            .. options.HealthzBindAddress is { } health ? RetriedListeners.AddressesOf(health) : [],
            .. options.MetricsBindAddress is { } metrics ? RetriedListeners.AddressesOf(metrics) : [],
            new UnixDomainSocketEndPoint(options.AdminSocket),
            .. _proxier.Table.HealthChecks.SelectMany(check => check.Addresses.Select(address => new IPEndPoint(address, check.Port))),
        ];
        predecessor.Ports.KeepOnly(wanted);
        // One at another address may be in the way of ours until it is closed.
        if (wanted.Exists(at => !predecessor.Ports.Has(at))) await _shared.Left;
    }

    /// <summary>
    /// Who ends where an address cannot be had must not take over first and end then: nobody would serve. What the predecessor has is had from it, or closed by
    /// it.
    /// </summary>
    private string? WhyNotInPlaceOf(Predecessor predecessor)
    {
        var options = _context.Options;
        if (!options.BindAddressHardFail) return null;
        return WhyNotAt("health checks", options.HealthzBindAddress) ?? WhyNotAt("metrics", options.MetricsBindAddress);

        string? WhyNotAt(string what, IPEndPoint? address)
        {
            if (address is null || predecessor.HasPort(address.Port)) return null;
            foreach (var at in RetriedListeners.AddressesOf(address))
            {
                try
                {
                    HttpSockets.Bind(at, PortSharing.Alone).Dispose();
                }
                catch (Exception e) when (e is SocketException or IOException)
                {
                    string reason = e is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } ? HttpPorts.Taken : e.Message;
                    return $"{what} cannot be answered on {at}, as bindAddressHardFail demands: {reason}";
                }
            }

            return null;
        }
    }

    /// <summary>First the load balancers are told, then there may be a wait, then the ports are closed.</summary>
    private void FollowStop()
    {
        Own(_context.Signals.Stop.Register(() =>
        {
            _health.StartDraining();
            // Nobody is to go elsewhere for the moment of a restart.
            _stop.CancelAfter(_context.Signals.IsRestart ? TimeSpan.Zero : _context.Options.DrainDelay);
        }));
        Own(_context.Signals.Abort.Register(_stop.Cancel));
    }

    private async Task<bool> StartHealthAsync()
    {
        // Ports of their own: whoever floods the node's health port must not take a Service from its load balancers, nor the other way round.
        var ports = await OpenPortsAsync(_places.Checks, LongestCheck);
        var checks = Own(new ServiceHealthChecks(
            await OpenPortsAsync(_places.ServiceChecks, LongestCheck),
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

    /// <summary>What those who ask are told of, and the sampler that they share.</summary>
    private AdminFacts ReadFacts()
    {
        var sampler = Own(new Sampler(_proxier.View, _context.Time, _context.Log));
        sampler.Start(Task.WhenAll(_proxier.FirstSync, _predecessor?.Completion ?? Task.CompletedTask));
        var facts = new AdminFacts(
            _proxier, _health, _context.Options.NodeName, _feed.Source.Description, _transport, _context.Surroundings.StartedAt, _context.Time)
        {
            SourceTrouble = () => _feed.Trouble,
            IsDraining = () => _stop.IsCancellationRequested,
            WhyNoVirtualIPs = _feed.WhyNoVirtualIPs,
            SourceIssues = () => _feed.Issues(IsOnSnapshot).Concat(_snapshot?.Issues(_context.Options.NodeName) ?? []),
            SnapshotFrom = () => _snapshot?.ServedFrom,
            PortIssues = _portIssues,
            Followed = _feed.Followed,
            Sampler = sampler,
            Settings = EffectiveSettings.ToJson(_context.Options),
            TookOver = () => _predecessor?.Report.TookOver,
            MetricsAddress = _context.Options.MetricsBindAddress?.ToString(),
        };
        _proxier.ProblemFound += facts.Problems.Add;
        return facts;
    }

    private async Task StartAdminAsync(AdminFacts facts, GlanceAnswers glance) => _admin = Own(
        await AdminServer.StartAsync(
            _context.Options.AdminSocket, new AdminAnswers(facts, glance, _context.Log).AnswerAsync, _context.Log, _context.Time, _places.Questions,
            _handOver));

    private async Task<bool> StartMetricsAsync(GlanceAnswers glance)
    {
        var syncs = new SyncMetrics(_proxier, _feed.Changes, _health.Answers, _context.Time);
        _proxier.Applied += syncs.Follow;
        if (_context.Options.MetricsBindAddress is not { } address) return true;
        // Outlives the server, whose end breaks off the scrapes that run.
        var scrapes = new ProxyMetrics(_proxier, syncs, _feed.Metrics, () => _context.Logs.LinesDropped, _snapshot, _context.Store);
        Own(new Disposal(scrapes));
        // Ports of its own: whoever floods the health port, which is open to the network, must not blind those who look at the metrics.
        var ports = await OpenPortsAsync(_places.Scrapes, LongestScrape);
        var page = _context.Options.StatusPage ? new StatusPage(glance, _context.Options.NodeName, _context.Log) : null;
        return await Own(
            new MetricsServer(
                ports, address, scrapes, page, _context.Options, FailureOf(ClusterEvents.MetricsServerFailed), _context.Log, _context.Time)).StartAsync();
    }

    private async Task<HttpPorts> OpenPortsAsync(int places, TimeSpan longest)
    {
        var ports = Own(
            await HttpPorts.StartAsync(
                places, longest, _context.Time, network: NodeNetworks.OfThisNode(), descriptors: _proxier.Descriptors, ownListeners: _proxier.OwnListeners,
                handOver: _handOver));
        _http.Add(ports);
        return ports;
    }

    private OnBindFailure FailureOf(string reason) =>
        new(why => _feed.Events?.ReportNode(reason, why), _context.Options.BindAddressHardFail ? EndAsFailed : null)
        {
            SetIssue = (at, why) => _portIssues.Set($"Node {_context.Options.NodeName}", reason, $"{at}", why),
        };

    /// <summary>An address that was to be answered in any case is lost, or a hand-over has failed: the orderly end, and an exit code that says so.</summary>
    public void EndAsFailed()
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
