namespace UserProxy.Kubernetes.Objects;

/// <summary>One address of a load balancer; an entry with a host name only has no <see cref="IP"/>.</summary>
public sealed record LoadBalancerIngress
{
    public string? IP { get; init; }

    /// <summary>VIP (also when absent) or Proxy.</summary>
    public string? IPMode { get; init; }
}
