namespace UserProxy.Kubernetes.Objects;

/// <summary>The <c>loadBalancer</c> part of <see cref="ServiceStatus"/>.</summary>
public sealed record LoadBalancerStatus
{
    public IReadOnlyList<LoadBalancerIngress>? Ingress { get; init; }
}
