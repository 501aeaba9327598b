using System.Net;
using UserProxy.Model;

namespace UserProxy.Policy;

/// <summary>
/// What one listener of a service port does, and so decides whose SYNs are dropped, whose are refused and who is served: a pure function of the port and the
/// kind of the address (docs/semantics.md 5.1, 6.1 and 7.1). Made by <c>Syncing/SlotTable</c> whenever the port changes. Which endpoints a client may have
/// that is let in is decided by <see cref="AllowedEndpoints"/>.
/// </summary>
/// <param name="Audience">Who is let in.</param>
/// <param name="State">What a client meets that is not of this node, as list shows it.</param>
/// <param name="Reason">Why, when it is not served.</param>
/// <param name="SourceRanges">Blocks of clients that may come at all; empty is everyone.</param>
internal sealed record ListenerPlan(ListenerAudience Audience, ListenerState State, string? Reason, ValueList<CidrBlock> SourceRanges)
{
    public const string NoEndpoint = "no endpoint is usable anywhere";
    public const string NoneHereInternal = "no endpoint on this node (internalTrafficPolicy Local)";
    public const string NoneHereExternal = "no endpoint on this node (externalTrafficPolicy Local); clients of this node are served";

    private static readonly ListenerPlan Serve = new(ListenerAudience.Everyone, ListenerState.Listening, null, []);
    private static readonly ListenerPlan RefuseAll = new(ListenerAudience.Refused, ListenerState.Refusing, NoEndpoint, []);
    private static readonly ListenerPlan RefuseInternal = new(ListenerAudience.Refused, ListenerState.Refusing, NoneHereInternal, []);
    private static readonly ListenerPlan DropInternal = new(ListenerAudience.Nobody, ListenerState.Dropping, NoneHereInternal, []);
    private static readonly ListenerPlan DropOutsiders = new(ListenerAudience.OwnNode, ListenerState.Dropping, NoneHereExternal, []);

    /// <summary>Outsiders find the local list empty when they have been accepted, and are reset.</summary>
    private static readonly ListenerPlan ResetOutsiders = new(ListenerAudience.Everyone, ListenerState.Refusing, NoneHereExternal, []);

    /// <summary>Load balancers whose clients <see cref="ToldRanges"/> are asked for, so that they may come themselves.</summary>
    public ValueList<CidrBlock> Balancers { get; init; } = [];

    /// <summary>As <see cref="Admission.ToldRanges"/>.</summary>
    public ValueList<CidrBlock> ToldRanges { get; init; } = [];

    public bool Listens => Audience != ListenerAudience.Refused;

    public static ListenerPlan For(ServicePort port, ListenerKind kind)
    {
        var plan = WithoutRanges(port, kind);
        if (kind != ListenerKind.LoadBalancer || port.SourceRanges.Count == 0 || !plan.Listens) return plan;
        // Ranges of the other family are no ranges, as in kube-proxy, which keeps its families apart.
        ValueList<CidrBlock> ranges = new([.. port.SourceRanges.Where(range => range.Family == port.Family)]);
        if (ranges.Count > 0) plan = plan with { SourceRanges = ranges };
        var balancers = port.Settings.AcceptProxyProtocol;
        return balancers.Count == 0 || port.Name.Protocol != TransportProtocol.Tcp ? plan : plan with { Balancers = balancers, ToldRanges = port.SourceRanges };
    }

    /// <summary>Whom the socket on <paramref name="address"/> lets in; null is everyone.</summary>
    public Admission? ToAdmission(IPAddress address, NodeScope node)
    {
        if (Audience == ListenerAudience.Nobody) return Admission.Nobody;
        var groups = new List<ValueList<CidrBlock>>();
        if (SourceRanges.Count > 0) groups.Add([.. WithHairpin(address, node), .. Balancers]);
        if (Audience == ListenerAudience.OwnNode) groups.Add(With(node.Blocks(address.AddressFamily), address));
        return groups.Count == 0 && ToldRanges.Count == 0 ? null : new Admission(new([.. groups])) { ToldRanges = ToldRanges };
    }

    private static ListenerPlan WithoutRanges(ServicePort port, ListenerKind kind)
    {
        if (!port.HasEndpoints) return RefuseAll;
        if (port.PolicyAt(kind) == TrafficPolicy.Cluster) return port.ClusterEndpoints.Count > 0 ? Serve : RefuseAll;
        if (port.LocalEndpoints.Count > 0) return Serve;
        var action = port.Settings.NoLocalAction;
        if (kind == ListenerKind.ClusterIP) return action == NoLocalAction.Drop ? DropInternal : RefuseInternal;
        return action == NoLocalAction.Reject ? ResetOutsiders : DropOutsiders;
    }

    /// <summary>Where the ranges allow nodes, what comes from the virtual IP itself is a process of this node (docs/semantics.md 7.4).</summary>
    private ValueList<CidrBlock> WithHairpin(IPAddress address, NodeScope node)
    {
        foreach (var range in SourceRanges)
        {
            if (node.Addresses.Any(range.Contains)) return With(SourceRanges, address);
        }

        return SourceRanges;
    }

    private static ValueList<CidrBlock> With(ValueList<CidrBlock> blocks, IPAddress address) =>
        address.IsWildcard() ? blocks : [.. blocks, new CidrBlock(address, address.GetAddressBytes().Length * 8)];
}

/// <summary>Who is let in by a listener, before source ranges.</summary>
internal enum ListenerAudience
{
    /// <summary>Not in LISTEN: the kernel refuses.</summary>
    Refused,

    Everyone,

    /// <summary>Clients of this node; the SYNs of others are discarded.</summary>
    OwnNode,

    /// <summary>In LISTEN, and every SYN is discarded.</summary>
    Nobody,
}
