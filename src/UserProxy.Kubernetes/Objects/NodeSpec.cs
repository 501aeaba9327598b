namespace UserProxy.Kubernetes.Objects;

/// <summary>The <c>spec</c> part of <see cref="NodeObject"/>.</summary>
public sealed record NodeSpec
{
    public string? PodCIDR { get; init; }

    /// <summary>One a family; holds <see cref="PodCIDR"/> too.</summary>
    public IReadOnlyList<string>? PodCIDRs { get; init; }

    public IReadOnlyList<NodeTaint>? Taints { get; init; }
}
