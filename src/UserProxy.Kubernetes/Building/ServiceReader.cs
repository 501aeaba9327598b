using System.Globalization;
using System.Net;
using System.Net.Sockets;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// Reads one Service with its slices into a <see cref="ServiceDraft"/>: kube-proxy's rules from the Service to its service ports (docs/semantics.md 2.1
/// and 4.3), a pure function of what it is given.
/// </summary>
internal sealed class ServiceReader
{
    private static readonly TimeSpan DefaultAffinity = TimeSpan.FromSeconds(10800);
    private const int MaxAffinitySeconds = 86400;

    private readonly ServiceObject _service;
    private readonly ServiceSpec _spec;
    private readonly ObjectId _key;
    private readonly IReadOnlyCollection<ServiceSlice> _slices;
    private readonly NodeView _node;
    private readonly BuildOptions _options;
    private readonly SubjectIssues _issues;
    private readonly VirtualAddresses _addresses;
    private readonly SourceRanges _ranges;
    private readonly ServiceSettings _settings;
    private readonly TimeSpan? _affinity;
    private readonly DateTimeOffset _created;

    private ServiceReader(ServiceObject service, IReadOnlyCollection<ServiceSlice> slices, NodeView node, BuildOptions options)
    {
        _service = service;
        _spec = service.Spec!;
        _key = KeyOf(service);
        _slices = slices;
        _node = node;
        _options = options;
        _issues = new SubjectIssues("Service", _key);
        _addresses = VirtualAddresses.Read(service, node, options, _issues);
        _ranges = SourceRanges.Read(service, _issues);
        _settings = ServiceAnnotations.Read(service.Metadata, options.Defaults, _issues);
        _affinity = ReadAffinity();
        _created = DateTimeOffset.TryParse(service.Metadata.CreationTimestamp, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var created)
            ? created
            : DateTimeOffset.MaxValue;
    }

    public static ObjectId KeyOf(ServiceObject service) => new(service.Metadata.Namespace ?? "", service.Metadata.Name ?? "");

    /// <summary>Null when the Service is not for this proxy, or has nothing to proxy.</summary>
    public static ServiceDraft? Read(
        ServiceObject service, IReadOnlyCollection<ServiceSlice> slices, SourceLine? unreadEndpoints, NodeView node, BuildOptions options)
    {
        if (ServiceDiagnosis.WhyLeftOut(service, options.ServeLabel) is not null) return null;
        var reader = new ServiceReader(service, slices, node, options);
        if (slices.Count == 0 && unreadEndpoints is not null)
            reader._issues.Add(
                IssueReasons.EndpointsNotRead,
                "its Endpoints are not read, and it has no EndpointSlice: write them as one, with the label kubernetes.io/service-name", unreadEndpoints);
        return reader.Read();
    }

    private ServiceDraft Read()
    {
        var families = Families();
        var ports = new List<PortDraft>();
        foreach (var (name, port) in DeclaredPorts())
        {
            int nodePort = NodePortOf(port);
            foreach (var family in families) ports.Add(ReadPort(name, port, nodePort, family));
        }

        ports.Sort(static (left, right) => ServiceTable.Order.Compare(left.Port, right.Port));
        var healthCheck = ReadHealthCheck(ports);
        return new ServiceDraft(_key)
        {
            Ports = ports,
            DeclaresPorts = _spec.Ports is { Count: > 0 },
            HealthCheck = healthCheck,
            Created = _created,
            Source = _service.Metadata.Source,
            Issues = _issues.ToList(),
        };
    }

    /// <summary>Each family with its ClusterIP, if any, and why that is not listened on.</summary>
    private List<ClusterAddress> Families()
    {
        var families = new List<ClusterAddress>();
        foreach (var (family, address) in ServiceFamilies.Of(_service, _slices, _issues))
        {
            string? because = address is null ? null
                : !_options.ClusterIPs ? ServiceDiagnosis.ClusterIPsOff(_options.ClusterIPsOffBecause)
                : VirtualAddresses.WhyNotFree(ListenerKind.ClusterIP, address, _node, _service, _issues);
            families.Add(new ClusterAddress(family, address, because));
        }

        return families;
    }

    private Dictionary<ServicePortName, ServicePortSpec> DeclaredPorts()
    {
        var declared = new Dictionary<ServicePortName, ServicePortSpec>();
        foreach (var port in _spec.Ports ?? [])
        {
            TransportProtocol? protocol = port.Protocol switch
            {
                null or "" or "TCP" => TransportProtocol.Tcp,
                "UDP" => TransportProtocol.Udp,
                _ => null,
            };

            // Said once for a Service, however many such ports it has.
            if (protocol is null)
                _issues.Add(
                    IssueReasons.ProtocolNotServed, $"{PrintableText.Of(port.Protocol, 40)} is not served: its ports are left out", _service.Metadata.Source);
            else if (port.Port is < 1 or > IPEndPoint.MaxPort)
                _issues.Add(IssueReasons.InvalidPort, $"port {port.Port} is outside 1-65535; it is left out", port.Source);
            else if (!declared.TryAdd(new ServicePortName(_key.Namespace, _key.Name, port.Name ?? "", protocol.Value), port))
                _issues.Add(
                    IssueReasons.DuplicatePort, $"port {port.Port} has the name {PrintableText.Quote(port.Name)} of another port; it is left out", port.Source);
        }

        return declared;
    }

    /// <summary>0 when there is none to serve.</summary>
    private int NodePortOf(ServicePortSpec port)
    {
        int number = port.NodePort ?? 0;
        if (_spec.Type is not ("NodePort" or "LoadBalancer"))
        {
            if (number != 0) Report($"nodePort {number} is not served: the type of the Service is {_spec.Type ?? "ClusterIP"}");
            return 0;
        }

        // The API server gives every NodePort Service a number; in a manifest the author must. A load balancer can do without.
        if (number == 0 && _spec.Type == "NodePort") Report($"port {port.Port} has no nodePort: nothing gives out numbers here");
        if (number is >= 0 and <= IPEndPoint.MaxPort) return number;
        Report($"nodePort {number} is outside 1-65535; it is not served");
        return 0;

        void Report(string message) => _issues.Add(IssueReasons.InvalidPort, message, port.Source);
    }

    private PortDraft ReadPort(ServicePortName name, ServicePortSpec port, int nodePort, ClusterAddress clusterAddress)
    {
        var family = clusterAddress.Family;
        bool isReachable = nodePort != 0 || _addresses.IsAnyDeclared(family);
        bool internalLocal = _spec.InternalTrafficPolicy == "Local";
        bool externalLocal = _spec.ExternalTrafficPolicy == "Local" && (_spec.Type is "NodePort" or "LoadBalancer" || _spec.ExternalIPs is { Count: > 0 });

        var lists = new List<Endpoint[]>();
        foreach (var slice in _slices)
        {
            if (slice.Family == family) slice.CollectEndpoints(name.Port, name.Protocol, lists);
        }

        var endpoints = EndpointMerge.Union(lists);
        // A Local external address needs the cluster's endpoints too: for the clients on this node (docs/semantics.md 5.2).
        var choice = EndpointChoice.Of(endpoints, !internalLocal || isReachable, internalLocal || (externalLocal && isReachable), _node.Node);
        var read = new ServicePort
        {
            Name = name,
            Family = family,
            Number = port.Port,
            Settings = _settings,
            Listeners = Listeners(port, nodePort, family, clusterAddress.Listened),
            NotServed = NotServed(port, clusterAddress),
            Endpoints = new ValueList<Endpoint>(endpoints),
            NoEndpointsBecause = endpoints.Length == 0 ? MissingEndpoints.Why(_key, _slices, name, family) : null,
            Manifest = _service.Metadata.Source is { } source ? PrintableText.Of(source.File, 400) : null,
            InternalPolicy = internalLocal ? TrafficPolicy.Local : TrafficPolicy.Cluster,
            ExternalPolicy = externalLocal ? TrafficPolicy.Local : TrafficPolicy.Cluster,
            ClusterEndpoints = new ValueList<Endpoint>(choice.Cluster),
            LocalEndpoints = new ValueList<Endpoint>(choice.Local),
            HasEndpoints = choice.HasAny,
            AffinityTimeout = _affinity,
            SourceRanges = _ranges.Of(family),
        };
        return new PortDraft(read, nodePort, port.Source) { Created = _created };
    }

    private ValueList<ListenAddress> Listeners(ServicePortSpec port, int nodePort, AddressFamily family, IPAddress? clusterIP)
    {
        var listeners = new List<ListenAddress>();
        if (clusterIP is not null) listeners.Add(new ListenAddress(ListenerKind.ClusterIP, clusterIP, port.Port));
        foreach (var (kind, address) in _addresses.Served(family))
        {
            bool closed = kind == ListenerKind.LoadBalancer && _ranges.IsClosed(family);
            if (!closed && !address.Equals(clusterIP)) listeners.Add(new ListenAddress(kind, address, port.Port));
        }

        if (nodePort != 0)
        {
            foreach (var address in _node.NodePortAddresses(family)) listeners.Add(new ListenAddress(ListenerKind.NodePort, address, nodePort));
        }

        return listeners.Count < 2
            ? [.. listeners]
            : [.. listeners.OrderBy(listener => listener.Kind).ThenBy(listener => listener.Address.ToString(), StringComparer.Ordinal)];
    }

    private ValueList<UnservedAddress> NotServed(ServicePortSpec port, ClusterAddress clusterAddress)
    {
        var family = clusterAddress.Family;
        var unserved = _addresses.Unserved(family).ToList();
        if (_ranges.IsClosed(family))
        {
            unserved.AddRange(_addresses.Served(family).Where(entry => entry.Kind == ListenerKind.LoadBalancer)
                .Select(entry => (entry.Kind, entry.Address, ServiceDiagnosis.RangesClosed)));
        }

        if (clusterAddress is { Address: { } address, Because: { } because }) unserved.Insert(0, (ListenerKind.ClusterIP, address, because));
        return unserved.Count == 0
            ? []
            : [.. unserved.Select(entry => new UnservedAddress(new ListenAddress(entry.Kind, entry.Address, port.Port), entry.Because))];
    }

    private TimeSpan? ReadAffinity()
    {
        if (_spec.SessionAffinity != "ClientIP") return null;
        if (_spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds is not { } seconds) return DefaultAffinity;
        if (seconds is >= 1 and <= MaxAffinitySeconds) return TimeSpan.FromSeconds(seconds);

        string message = $"sessionAffinityConfig: timeoutSeconds {seconds} is outside 1-{MaxAffinitySeconds}; {DefaultAffinity.TotalSeconds} is used";
        _issues.Add(IssueReasons.InvalidAffinity, message, _service.Metadata.Source);
        return DefaultAffinity;
    }

    private HealthCheckPort? ReadHealthCheck(List<PortDraft> ports)
    {
        if (_spec.Type != "LoadBalancer" || _spec.ExternalTrafficPolicy != "Local") return null;
        int port = _spec.HealthCheckNodePort ?? 0;
        if (port is >= 1 and <= IPEndPoint.MaxPort)
            return new HealthCheckPort(_key.Namespace, _key.Name, port, [.. _node.IPv4, .. _node.IPv6], LocalPods(ports));

        if (port != 0) _issues.Add(IssueReasons.InvalidPort, $"healthCheckNodePort {port} is outside 1-65535; it is not served", _service.Metadata.Source);
        else _issues.Add(
            IssueReasons.NoHealthCheckPort, "there is no healthCheckNodePort: load balancers cannot ask whether this node has endpoints",
            _service.Metadata.Source);
        return null;
    }

    /// <summary>
    /// Distinct addresses of ready endpoints on this node, over all ports; of the family that has more, as the Pods of a dual-stack
    /// Service have one address in each.
    /// </summary>
    private static int LocalPods(List<PortDraft> ports) => ports
        .GroupBy(port => port.Port.Family)
        .Select(family => family
            .SelectMany(port => port.Port.Endpoints)
            .Where(endpoint => endpoint is { IsLocal: true, Ready: true })
            .Select(endpoint => endpoint.Address)
            .Distinct()
            .Count())
        .DefaultIfEmpty(0)
        .Max();

    /// <summary>A family of the Service, with its ClusterIP if it has one, and why that is not listened on.</summary>
    private readonly record struct ClusterAddress(AddressFamily Family, IPAddress? Address, string? Because)
    {
        public IPAddress? Listened => Because is null ? Address : null;
    }
}
