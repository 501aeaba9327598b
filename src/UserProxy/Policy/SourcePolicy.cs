using System.Net;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Scheduling;

namespace UserProxy.Policy;

/// <summary>
/// Where it is decided, for all, whether an endpoint sees its client's own address (docs/semantics.md 16). Asked at each dial of a connection, at the begin of
/// each UDP session, and by explain.
/// </summary>
/// <param name="own">The node's addresses.</param>
/// <param name="sources">Whether this process can, and how answers come.</param>
internal sealed class SourcePolicy(OwnAddresses own, ITransparentSources sources)
{
    private volatile IReadOnlySet<IPAddress> _virtualIPs = new HashSet<IPAddress>();

    public ITransparentSources Sources => sources;

    /// <summary>The virtual IPs that are served here: no client has one of them. Replaced by the Proxier's loop, never changed.</summary>
    public IReadOnlySet<IPAddress> VirtualIPs { set => _virtualIPs = value; }

    /// <summary>Whether clients' addresses are to be kept at addresses of this kind: by the setting, else as Kubernetes promises.</summary>
    public static bool IsAsked(ServicePort port, ListenerKind kind) => port.Settings.ClientAddress is { } use
        ? use == ClientAddressUse.Keep
        : port.PolicyAt(kind) == TrafficPolicy.Local;

    /// <summary>Whether there is an endpoint for which it is asked: what rules and routes are added for.</summary>
    public static bool IsWanted(ServicePort port)
    {
        if (port.Settings.ClientAddress == ClientAddressUse.Node) return false;
        if (port.Settings.ClientAddress is null && port.InternalPolicy != TrafficPolicy.Local && port.ExternalPolicy != TrafficPolicy.Local) return false;
        bool isAsked = false;
        foreach (var listener in port.Listeners.AsSpan()) isAsked = isAsked || IsAsked(port, listener.Kind);
        if (!isAsked) return false;
        foreach (var endpoint in port.Endpoints.AsSpan())
        {
            if (endpoint.IsLocal) return true;
        }

        return false;
    }

    /// <summary>What a dial leaves with; null for this node's address.</summary>
    /// <param name="port">Whose connection it is.</param>
    /// <param name="caller">The client.</param>
    /// <param name="origin">The client's address and port: as a load balancer has told, if one has.</param>
    /// <param name="endpoint">Is to be dialled.</param>
    public DialSource? SourceFor(ServicePort port, in Caller caller, IPEndPoint origin, EndpointState endpoint)
    {
        if (!IsAsked(port, caller.Kind) || Of(caller, endpoint.Address.Address, endpoint.IsLocal, out var path) != SourceVerdict.Kept) return null;
        return new DialSource(origin, path == AnswerPath.Bridged);
    }

    /// <summary>Whether what has begun with the client's address may go on with it.</summary>
    public bool MayGoOn(ServicePort port, in Caller caller, EndpointState endpoint)
    {
        if (!IsAsked(port, caller.Kind)) return false;
        var verdict = Of(caller, endpoint.Address.Address, endpoint.IsLocal, out _);
        return verdict == SourceVerdict.Kept || (verdict == SourceVerdict.Unavailable && !IsGivenUp(endpoint.Address.AddressFamily));
    }

    /// <summary>Answers do not come here any more. Not while that is being found out: a predecessor's rules are there still.</summary>
    public bool IsGivenUp(AddressFamily family) => !sources.IsReady(family) && sources.Obstacle(family) is not null;

    /// <summary>What holds of the endpoint for every client that is none of this node.</summary>
    public SourceVerdict Of(ServicePort port, ListenerKind kind, Endpoint endpoint) =>
        IsAsked(port, kind) ? OfEndpoint(endpoint.Address, endpoint.IsLocal) : SourceVerdict.NotAsked;

    /// <summary>The same, of one client: what <see cref="SourceFor"/> goes by.</summary>
    public SourceVerdict Of(ServicePort port, in Caller caller, Endpoint endpoint) =>
        IsAsked(port, caller.Kind) ? Of(caller, endpoint.Address, endpoint.IsLocal, out _) : SourceVerdict.NotAsked;

    private SourceVerdict Of(in Caller caller, IPAddress endpoint, bool isLocal, out AnswerPath path)
    {
        path = AnswerPath.Elsewhere;
        var client = caller.Client;
        if (OfEndpoint(endpoint, isLocal) is not SourceVerdict.Kept and var verdict) return verdict;
        if (client.AddressFamily != endpoint.AddressFamily) return SourceVerdict.OtherFamily;
        if (client.Equals(caller.ConnectedTo) || own.Scope.IsOwnAddress(client)) return SourceVerdict.OwnClient;
        if (SpecialAddress.MeaningOf(client) is not null) return SourceVerdict.SpecialClient;
        if (client.Equals(endpoint)) return SourceVerdict.Hairpin;
        if (_virtualIPs.Contains(client)) return SourceVerdict.VirtualIP;
        path = sources.PathOf(endpoint, client);
        return path switch
        {
            AnswerPath.Routed or AnswerPath.Bridged => SourceVerdict.Kept,
            // By a route alone (AnyIP): no interface shows it.
            AnswerPath.Own => SourceVerdict.OwnClient,
            // By the networks of the links: the address itself does not show it.
            AnswerPath.Nobody => SourceVerdict.SpecialClient,
            _ => SourceVerdict.OtherWay,
        };
    }

    private SourceVerdict OfEndpoint(IPAddress endpoint, bool isLocal)
    {
        if (!isLocal) return SourceVerdict.Remote;
        if (own.Scope.IsOwnAddress(endpoint)) return SourceVerdict.OwnEndpoint;
        return sources.IsReady(endpoint.AddressFamily) ? SourceVerdict.Kept : SourceVerdict.Unavailable;
    }
}
