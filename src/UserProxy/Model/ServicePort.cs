using System.Net.Sockets;

namespace UserProxy.Model;

/// <summary>
/// What is declared for one Service port in one address family: where to listen, how to choose, and the endpoints. Immutable and
/// value-equal; built by a source, run by the Proxier.
/// </summary>
public sealed record ServicePort
{
    private const int DnsPort = 53;

    public required ServicePortName Name { get; init; }

    /// <summary>A dual-stack Service is two service ports, one a family, wholly independent of each other (as in kube-proxy).</summary>
    public required AddressFamily Family { get; init; }

    /// <summary>The Service's own <c>port</c>: shown to people; listeners carry the number that they bind.</summary>
    public int Number { get; init; }

    public ServiceSettings Settings { get; init; } = ServiceSettings.Default;

    /// <summary>
    /// So many answers a UDP datagram has, and never another: what udp-responses declares, else one at the port of DNS (RFC 1035, 4.2.1). 0: any number.
    /// </summary>
    public int AnswersPerQuestion => Settings.UdpResponses ?? (Number == DnsPort ? 1 : 0);

    /// <summary>Sorted; no duplicates.</summary>
    public ValueList<ListenAddress> Listeners { get; init; } = [];

    /// <summary>Addresses of it that are not listened on here, each with the reason: those that it would have elsewhere, or with other settings.</summary>
    public ValueList<UnservedAddress> NotServed { get; init; } = [];

    /// <summary>Every endpoint of every slice, usable or not, sorted by key: what list and explain show.</summary>
    public ValueList<Endpoint> Endpoints { get; init; } = [];

    /// <summary>Why <see cref="Endpoints"/> is empty, in words for whoever looks for them; null when it is not.</summary>
    public string? NoEndpointsBecause { get; init; }

    /// <summary>The manifest that declares the Service; null when it comes from the API.</summary>
    public string? Manifest { get; init; }

    public TrafficPolicy InternalPolicy { get; init; }

    public TrafficPolicy ExternalPolicy { get; init; }

    /// <summary>The policy that applies at an address of <paramref name="kind"/>.</summary>
    public TrafficPolicy PolicyAt(ListenerKind kind) => kind == ListenerKind.ClusterIP ? InternalPolicy : ExternalPolicy;

    /// <summary>
    /// Where new connections go under <see cref="TrafficPolicy.Cluster"/>, sorted by key: the ready endpoints that the hints leave, or else those
    /// that still serve while they terminate.
    /// </summary>
    public ValueList<Endpoint> ClusterEndpoints { get; init; } = [];

    /// <summary>The same under <see cref="TrafficPolicy.Local"/>: endpoints of this node, decided on their own. Empty when no policy needs it.</summary>
    public ValueList<Endpoint> LocalEndpoints { get; init; } = [];

    /// <summary>Somewhere in the cluster there is an endpoint to send to; false means: refuse at connect, whatever the policy.</summary>
    public bool HasEndpoints { get; init; }

    /// <summary>A client keeps its endpoint until this long after its last new connection; null without session affinity.</summary>
    public TimeSpan? AffinityTimeout { get; init; }

    /// <summary>The clients that may use the <see cref="ListenerKind.LoadBalancer"/> addresses; empty is everyone.</summary>
    public ValueList<CidrBlock> SourceRanges { get; init; } = [];
}
