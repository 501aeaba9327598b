namespace UserProxy.Kubernetes.Objects;

/// <summary>A v1 Service, only the fields that the proxy reads; null is what Kubernetes leaves out.</summary>
public sealed record ServiceObject
{
    public ObjectMeta Metadata { get; init; } = new();

    public ServiceSpec? Spec { get; init; }

    public ServiceStatus? Status { get; init; }
}
