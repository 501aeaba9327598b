namespace UserProxy.Kubernetes.Objects;

/// <summary>What a Service declares; see <see cref="ServiceObject"/>.</summary>
public sealed record ServiceSpec
{
    /// <summary>ClusterIP (also when absent), NodePort, LoadBalancer or ExternalName.</summary>
    public string? Type { get; set; }

    /// <summary><c>None</c> marks a headless Service; absent is an allocation that has not happened, or a manifest without one.</summary>
    public string? ClusterIP { get; set; }

    public IReadOnlyList<string>? ClusterIPs { get; set; }

    public IReadOnlyList<string>? IpFamilies { get; set; }

    public IReadOnlyList<ServicePortSpec>? Ports { get; set; }

    public string? ExternalTrafficPolicy { get; set; }

    public string? InternalTrafficPolicy { get; set; }

    public string? SessionAffinity { get; set; }

    public SessionAffinityConfig? SessionAffinityConfig { get; set; }

    public IReadOnlyList<string>? ExternalIPs { get; set; }

    public IReadOnlyList<string>? LoadBalancerSourceRanges { get; set; }

    public int? HealthCheckNodePort { get; set; }
}

/// <summary>How long a client stays pinned to its endpoint.</summary>
public sealed record SessionAffinityConfig
{
    public ClientIPConfig? ClientIP { get; set; }
}

/// <summary>The <c>clientIP</c> part of <see cref="SessionAffinityConfig"/>.</summary>
public sealed record ClientIPConfig
{
    public int? TimeoutSeconds { get; set; }
}
