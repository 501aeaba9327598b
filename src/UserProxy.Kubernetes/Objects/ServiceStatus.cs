namespace UserProxy.Kubernetes.Objects;

/// <summary>What the cluster has granted a Service: the load balancer's addresses.</summary>
public sealed record ServiceStatus
{
    public LoadBalancerStatus? LoadBalancer { get; set; }
}

/// <summary>The <c>loadBalancer</c> part of <see cref="ServiceStatus"/>.</summary>
public sealed record LoadBalancerStatus
{
    public IReadOnlyList<LoadBalancerIngress>? Ingress { get; set; }
}

/// <summary>One address of a load balancer; an entry with a host name only has no <see cref="IP"/>.</summary>
public sealed record LoadBalancerIngress
{
    public string? IP { get; set; }

    /// <summary>VIP (also when absent) or Proxy.</summary>
    public string? IPMode { get; set; }
}
