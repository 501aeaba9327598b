namespace UserProxy.Kubernetes.Objects;

/// <summary>The <c>status</c> part of <see cref="NodeObject"/>.</summary>
public sealed record NodeStatus
{
    public IReadOnlyList<NodeAddress>? Addresses { get; init; }
}
