using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// Services with their slices in, <see cref="ServiceTable"/> out. The table depends on the objects alone, not on the order or the number of steps in which they
/// came: a manifest and the API cannot be served differently. A step costs what its Service is, a table a copy of the list of ports. Ports that did not change
/// stay the same instances. Driven by <see cref="ClusterCache"/>; not thread-safe.
/// </summary>
internal sealed class ServiceTableBuilder
{
    private static readonly AddressFamily[] Families = [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6];

    private readonly BuildOptions _options;
    private readonly ObjectGuard _guard;
    private readonly Dictionary<ObjectId, BuiltService> _services = [];
    private readonly SortedSet<ObjectId> _unresolved = [];
    private readonly ListenClaims _claims = new();
    private readonly PortIndex _ports = new();
    private readonly SortedDictionary<ObjectId, HealthCheckPort> _healthChecks = [];
    private readonly Dictionary<AddressFamily, int> _atNodeAddresses = []; // how many Services want to be served there
    private ValueList<HealthCheckPort> _shownHealthChecks = [];
    private readonly SortedDictionary<ObjectId, LeftOutService> _leftOut = [];
    private ValueList<LeftOutService> _shownLeftOut = [];
    private IssueList? _nodeIssues;
    private bool _healthChecksChanged;
    private bool _leftOutChanged;
    private NodeView _node;

    public ServiceTableBuilder(BuildOptions options, ILogger logger)
    {
        _options = options;
        _guard = new ObjectGuard("Service", logger);
        _node = NodeView.Of(null, options.LocalAddresses, options);
    }

    /// <summary>The issues of all objects; the slices' are put up by whoever reads them.</summary>
    public IssueBoard Issues { get; } = new();

    /// <summary>True when this changes anything for a Service: then every one must be set again.</summary>
    public bool SetNode(NodeObject? node, IReadOnlyList<IPAddress> localAddresses)
    {
        var view = NodeView.Of(node, localAddresses, _options);
        if (view == _node) return false;
        _node = view;
        return true;
    }

    /// <summary>Takes a Service as it is now, null when there is none, with all slices of its name.</summary>
    public void Set(ObjectId key, ServiceObject? service, IReadOnlyCollection<ServiceSlice> slices, SourceLine? unreadEndpoints)
    {
        _services.TryGetValue(key, out var built);
        ServiceDraft? draft = null;
        if (service is null) _guard.Remove(key);
        else if (_guard.Try(key, () => draft = ServiceReader.Read(service, slices, unreadEndpoints, _node, _options)) is { } defect)
            draft = (built?.Draft ?? new ServiceDraft(key)) with { Issues = defect };

        SetLeftOut(key, service is null ? null : ServiceDiagnosis.WhyLeftOut(service, _options.ServeLabel) ?? ServiceDiagnosis.WhyPortless(draft));
        if (built is null)
        {
            if (draft is null) return;
            _services.Add(key, built = new BuiltService(key));
        }

        CountAtNodeAddresses(built.Draft, -1);
        built.Draft = draft ?? new ServiceDraft(key);
        built.IsGone = draft is null;
        CountAtNodeAddresses(built.Draft, +1);

        var claims = built.Draft.Claims();
        _claims.Replace(built.Claims, claims, _unresolved);
        built.Claims = claims;
        _unresolved.Add(key);
    }

    public ServiceTable ToTable(long revision, IReadOnlyCollection<TableIssue> sourceIssues)
    {
        var changed = new List<(ObjectId, IReadOnlyList<ServicePort>)>();
        foreach (var key in _unresolved)
        {
            var built = _services[key];
            if (ResolveClaims(built)) changed.Add((key, built.Ports));
            if (built.IsGone) _services.Remove(key);
        }

        _unresolved.Clear();
        if (changed.Count > 0) _ports.Replace(changed);
        if (_healthChecksChanged) _shownHealthChecks = [.. _healthChecks.Values];
        if (_leftOutChanged) _shownLeftOut = [.. _leftOut.Values];
        _healthChecksChanged = _leftOutChanged = false;
        _nodeIssues = Issues.Replace(_nodeIssues, NodeIssues());
        return new ServiceTable(revision, _ports.Ports, Issues.ToTable(sourceIssues))
        {
            HealthChecks = _shownHealthChecks,
            LeftOut = _shownLeftOut,
            Node = _node.Node,
        };
    }

    /// <summary>Gives the Service what it may keep of its claims. True when its ports are not the same as before.</summary>
    private bool ResolveClaims(BuiltService built)
    {
        var issues = new SubjectIssues("Service", built.Draft.Key);
        var ports = new ServicePort[built.Draft.Ports.Count];
        bool same = ports.Length == built.Ports.Count;
        for (int i = 0; i < ports.Length; i++)
        {
            var port = built.Draft.Ports[i].ResolveClaims(_claims, issues);
            var old = built.Ports.FirstOrDefault(old => old.Name == port.Name && old.Family == port.Family);
            ports[i] = port.Equals(old) ? old : port;
            same = same && ReferenceEquals(ports[i], built.Ports[i]);
        }

        SetHealthCheck(built.Draft.Key, built.Draft.ResolveHealthCheck(_claims, issues));
        built.Issues = Issues.Replace(built.Issues, IssueList.Join(built.Draft.Issues, issues.ToList()));
        if (!same) built.Ports = ports;
        return !same;
    }

    private void SetLeftOut(ObjectId key, string? because)
    {
        if ((_leftOut.TryGetValue(key, out var known) ? known.Because : null) == because) return;
        if (because is null) _leftOut.Remove(key);
        else _leftOut[key] = new LeftOutService(key.Namespace, key.Name, because);
        _leftOutChanged = true;
    }

    private void SetHealthCheck(ObjectId key, HealthCheckPort? now)
    {
        if (Equals(_healthChecks.GetValueOrDefault(key), now)) return;
        if (now is null) _healthChecks.Remove(key);
        else _healthChecks[key] = now;
        _healthChecksChanged = true;
    }

    private void CountAtNodeAddresses(ServiceDraft draft, int change)
    {
        foreach (var family in Families)
        {
            if (draft.NeedsNodeAddress(family)) _atNodeAddresses[family] = _atNodeAddresses.GetValueOrDefault(family) + change;
        }
    }

    private IssueList? NodeIssues()
    {
        var issues = new SubjectIssues("Node", new ObjectId("", PrintableText.Of(_options.NodeName)));
        foreach (var family in Families)
        {
            if (_atNodeAddresses.GetValueOrDefault(family) == 0 || _node.NodePortAddresses(family).Count > 0) continue;
            string what = family == AddressFamily.InterNetwork ? "IPv4" : "IPv6";
            string why = _options.NodePortAddresses.HasPrimary
                ? _node.Node.IsKnown ? $"the Node object has no {what} address" : "no Node object of this name is known"
                : $"this node has no {what} address inside {_options.NodePortAddresses}";
            issues.Add(IssueReasons.NoNodePortAddress, $"no NodePort is served on {what}: {why}");
        }

        return issues.ToList();
    }
}

/// <summary>What <see cref="ServiceTableBuilder"/> keeps of one Service between two tables. The only thing here that is not a fact but a state.</summary>
internal sealed class BuiltService(ObjectId key)
{
    public ServiceDraft Draft { get; set; } = new(key);

    public IReadOnlyList<(ListenKey, Claimant)> Claims { get; set; } = [];

    /// <summary>As in the last table.</summary>
    public IReadOnlyList<ServicePort> Ports { get; set; } = [];

    public IssueList? Issues { get; set; }

    /// <summary>The Service is no longer there, or not for this proxy: to be forgotten at the next table.</summary>
    public bool IsGone { get; set; }
}
