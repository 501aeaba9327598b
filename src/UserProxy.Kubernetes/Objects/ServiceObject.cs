namespace UserProxy.Kubernetes.Objects;

/// <summary>A v1 Service, only the fields that the proxy reads; null is what Kubernetes leaves out.</summary>
public sealed record ServiceObject
{
    public ObjectMeta Metadata { get; set; } = new();

    public ServiceSpec? Spec { get; set; }

    public ServiceStatus? Status { get; set; }
}
