namespace UserProxy.Kubernetes.Objects;

/// <summary>A v1 Node, only the fields that the proxy reads: of this node, its labels and addresses.</summary>
public sealed record NodeObject
{
    public ObjectMeta Metadata { get; init; } = new();

    public NodeStatus? Status { get; init; }
}
