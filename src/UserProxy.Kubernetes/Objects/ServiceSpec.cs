namespace UserProxy.Kubernetes.Objects;

/// <summary>What a Service declares; see <see cref="ServiceObject"/>.</summary>
public sealed record ServiceSpec
{
    /// <summary>ClusterIP (also when absent), NodePort, LoadBalancer or ExternalName.</summary>
    public string? Type { get; init; }

    /// <summary><c>None</c> marks a headless Service; absent is an allocation that has not happened, or a manifest without one.</summary>
    public string? ClusterIP { get; init; }

    public IReadOnlyList<string>? ClusterIPs { get; init; }

    public IReadOnlyList<string>? IpFamilies { get; init; }

    public IReadOnlyList<ServicePortSpec>? Ports { get; init; }

    public string? ExternalTrafficPolicy { get; init; }

    public string? InternalTrafficPolicy { get; init; }

    public string? SessionAffinity { get; init; }

    public SessionAffinityConfig? SessionAffinityConfig { get; init; }

    public IReadOnlyList<string>? ExternalIPs { get; init; }

    public IReadOnlyList<string>? LoadBalancerSourceRanges { get; init; }

    public int? HealthCheckNodePort { get; init; }
}

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
