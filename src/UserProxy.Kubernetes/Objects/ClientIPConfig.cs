namespace UserProxy.Kubernetes.Objects;

/// <summary>The <c>clientIP</c> part of <see cref="SessionAffinityConfig"/>.</summary>
public sealed record ClientIPConfig
{
    public int? TimeoutSeconds { get; init; }
}
