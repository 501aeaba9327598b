namespace UserProxy.Kubernetes.Objects;

/// <summary>What the cluster has granted a Service: the load balancer's addresses.</summary>
public sealed record ServiceStatus
{
    public LoadBalancerStatus? LoadBalancer { get; init; }
}
