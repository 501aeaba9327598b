namespace UserProxy.Kubernetes.Objects;

/// <summary>How long a client stays pinned to its endpoint.</summary>
public sealed record SessionAffinityConfig
{
    public ClientIPConfig? ClientIP { get; init; }
}

/// <summary>The <c>clientIP</c> part of <see cref="SessionAffinityConfig"/>.</summary>
public sealed record ClientIPConfig
{
    public int? TimeoutSeconds { get; init; }
}
