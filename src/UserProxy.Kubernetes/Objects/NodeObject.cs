namespace UserProxy.Kubernetes.Objects;

/// <summary>A v1 Node, only the fields that the proxy reads: of this node, its labels, addresses and what is to become of it.</summary>
public sealed record NodeObject
{
    public ObjectMeta Metadata { get; init; } = new();

    public NodeSpec? Spec { get; init; }

    public NodeStatus? Status { get; init; }
}
