using System.Text.Json;

namespace UserProxy.Kubernetes.Objects;

/// <summary>
/// A networking.k8s.io/v1 NetworkPolicy, as far as it says who may come to a Pod. <c>migrate plan</c> counts them, <c>verify</c> reads them; a run asks for
/// none.
/// </summary>
public sealed record NetworkPolicyObject
{
    public ObjectMeta Metadata { get; init; } = new();

    public NetworkPolicySpec? Spec { get; init; }
}

/// <summary>The <c>spec</c> part of <see cref="NetworkPolicyObject"/>.</summary>
public sealed record NetworkPolicySpec
{
    /// <summary>Absent or empty: every Pod of the namespace.</summary>
    public LabelSelectorObject? PodSelector { get; init; }

    /// <summary>Absent: Ingress at least.</summary>
    public IReadOnlyList<string>? PolicyTypes { get; init; }

    /// <summary>What is let in by any of them is let in; none lets nobody in.</summary>
    public IReadOnlyList<NetworkPolicyIngress>? Ingress { get; init; }

    public bool BindsIngress => PolicyTypes is null or { Count: 0 } || PolicyTypes.Contains("Ingress");
}

/// <summary>One rule: these peers, at these ports.</summary>
public sealed record NetworkPolicyIngress
{
    /// <summary>Absent or empty: everybody.</summary>
    public IReadOnlyList<NetworkPolicyPeer>? From { get; init; }

    /// <summary>Absent or empty: every port.</summary>
    public IReadOnlyList<NetworkPolicyPort>? Ports { get; init; }
}

/// <summary>Whom a rule lets in. Of Pods and namespaces only that they are meant is asked: a node is neither.</summary>
public sealed record NetworkPolicyPeer
{
    public IPBlockObject? IPBlock { get; init; }
}

/// <summary>A block of addresses, without those of <see cref="Except"/>.</summary>
public sealed record IPBlockObject
{
    public string? Cidr { get; init; }

    public IReadOnlyList<string>? Except { get; init; }
}

/// <summary>A port of a rule, by number or by a container port's name, or a range.</summary>
public sealed record NetworkPolicyPort
{
    /// <summary>TCP when absent.</summary>
    public string? Protocol { get; init; }

    /// <summary>A number or a name; absent: every port of the protocol.</summary>
    public JsonElement? Port { get; init; }

    public int? EndPort { get; init; }
}
