using System.Buffers;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>Maps the fields of a manifest to the objects that the API would give, one method an object, each as its schema reads.</summary>
internal static class ManifestObjects
{
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-.");

    public static ObjectMeta Meta(ManifestFields root, string file, bool namespaced)
    {
        if (root.Object("metadata") is not { } fields)
        {
            if (!root.Has("metadata")) root.Fail("metadata", "is needed, with a name");
            return new ObjectMeta();
        }

        string? name = fields.Text("name");
        string? space = fields.Text("namespace");
        if (name is null && !fields.Has("name")) fields.Fail("name", "is needed");
        else if (name is not null && !IsName(name, 253)) fields.Fail("name", $"{PrintableText.Quote(name)} is no Kubernetes name (a-z, 0-9, '-' and '.')");
        if (!string.IsNullOrEmpty(space) && !IsName(space, 63)) fields.Fail("namespace", $"{PrintableText.Quote(space)} is no Kubernetes name");

        return new ObjectMeta
        {
            Name = name,
            Namespace = !namespaced ? null : string.IsNullOrEmpty(space) ? WellKnown.DefaultNamespace : space,
            Source = new SourceLine(file, root.Line),
        };
    }

    /// <summary>Read after the name is known, so that what is wrong here is put down to the object.</summary>
    public static ObjectMeta WithMaps(ManifestFields root, ObjectMeta meta) => meta with
    {
        Labels = root.Object("metadata")?.TextMap("labels"),
        Annotations = root.Object("metadata")?.TextMap("annotations"),
        CreationTimestamp = root.Object("metadata")?.Text("creationTimestamp"),
        DeletionTimestamp = root.Object("metadata")?.Text("deletionTimestamp"),
    };

    public static ServiceObject Service(ManifestFields root, ObjectMeta meta) => new()
    {
        Metadata = meta,
        Spec = root.Object("spec") is not { } spec ? null : new ServiceSpec
        {
            Type = spec.Word("type", "ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),
            ClusterIP = spec.Text("clusterIP"),
            ClusterIPs = spec.Texts("clusterIPs"),
            IpFamilies = spec.Texts("ipFamilies"),
            Ports = spec.List("ports", port => ServicePort(port, meta.Source!.File)),
            ExternalTrafficPolicy = spec.Word("externalTrafficPolicy", "Cluster", "Local"),
            InternalTrafficPolicy = spec.Word("internalTrafficPolicy", "Cluster", "Local"),
            SessionAffinity = spec.Word("sessionAffinity", "None", "ClientIP"),
            SessionAffinityConfig = spec.Object("sessionAffinityConfig") is not { } config ? null : new SessionAffinityConfig
            {
                ClientIP = config.Object("clientIP") is not { } client ? null : new ClientIPConfig { TimeoutSeconds = client.Number("timeoutSeconds") },
            },
            ExternalIPs = spec.Texts("externalIPs"),
            LoadBalancerSourceRanges = spec.Texts("loadBalancerSourceRanges"),
            HealthCheckNodePort = spec.Number("healthCheckNodePort"),
        },
        Status = root.Object("status") is not { } status ? null : new Objects.ServiceStatus
        {
            LoadBalancer = status.Object("loadBalancer") is not { } balancer ? null : new LoadBalancerStatus
            {
                Ingress = balancer.List("ingress", entry => new LoadBalancerIngress { IP = entry.Text("ip"), IPMode = entry.Word("ipMode", "VIP", "Proxy") }),
            },
        },
    };

    public static EndpointSliceObject EndpointSlice(ManifestFields root, ObjectMeta meta)
    {
        string file = meta.Source!.File;
        string? addressType = root.Word("addressType", "IPv4", "IPv6", "FQDN");
        if (addressType is null && !root.Has("addressType")) root.Fail("addressType", "is missing: IPv4, IPv6 or FQDN");
        return new EndpointSliceObject
        {
            Metadata = meta,
            AddressType = addressType,
            Ports = root.List("ports", port => new EndpointPortObject
            {
                Name = PortName(port),
                Protocol = Protocol(port),
                Port = port.Number("port"),
                Source = new SourceLine(file, port.Line),
            }),
            Endpoints = root.List("endpoints", endpoint => Endpoint(endpoint, file)),
        };
    }

    public static NodeObject Node(ManifestFields root, ObjectMeta meta) => new()
    {
        Metadata = meta,
        Spec = root.Object("spec") is not { } spec ? null : new NodeSpec
        {
            PodCIDR = spec.Text("podCIDR"),
            PodCIDRs = spec.Texts("podCIDRs"),
            Taints = spec.List("taints", taint => new NodeTaint { Key = taint.Text("key") }),
        },
        Status = root.Object("status") is not { } status ? null : new NodeStatus
        {
            Addresses = status.List("addresses", entry => new NodeAddress { Type = entry.Text("type"), Address = entry.Text("address") }),
        },
    };

    /// <summary>Names go into metric labels, paths and log lines: what is no Kubernetes name goes no further than this.</summary>
    public static bool IsName(string text, int maxLength) =>
        text.Length > 0 && text.Length <= maxLength
        && !text.AsSpan().ContainsAnyExcept(NameCharacters) && char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1]);

    private static ServicePortSpec ServicePort(ManifestFields port, string file)
    {
        if (!port.Has("port")) port.Fail("port", "a port number is needed");
        return new ServicePortSpec
        {
            Name = PortName(port),
            Protocol = Protocol(port),
            Port = port.Number("port") ?? 0,
            NodePort = port.Number("nodePort"),
            Source = new SourceLine(file, port.Line),
        };
    }

    private static EndpointObject Endpoint(ManifestFields endpoint, string file)
    {
        var conditions = endpoint.Object("conditions");
        var hints = endpoint.Object("hints");
        var target = endpoint.Object("targetRef");
        return new EndpointObject
        {
            Addresses = endpoint.Texts("addresses"),
            Conditions = conditions is not { } given ? null : new EndpointConditions
            {
                Ready = given.Flag("ready"),
                Serving = given.Flag("serving"),
                Terminating = given.Flag("terminating"),
            },
            NodeName = endpoint.Text("nodeName"),
            Zone = endpoint.Text("zone"),
            Hints = hints is not { } hinted ? null : new EndpointHints
            {
                ForZones = hinted.List("forZones", zone => new NamedHint { Name = zone.Text("name") }),
                ForNodes = hinted.List("forNodes", node => new NamedHint { Name = node.Text("name") }),
            },
            TargetRef = target is not { } named || named.Text("kind") != PodReference.Kind ? default : PodReference.Of(named.Text("namespace"), named.Text("name")),
            Source = new SourceLine(file, endpoint.Line),
        };
    }

    private static string? PortName(ManifestFields port)
    {
        string? name = port.Text("name");
        if (!string.IsNullOrEmpty(name) && (!IsName(name, 63) || name.Contains('.')))
            port.Fail("name", $"{PrintableText.Quote(name)} is no port name (a-z, 0-9 and '-')");
        return name;
    }

    private static string? Protocol(ManifestFields port) => port.Word("protocol", "TCP", "UDP", "SCTP");
}
