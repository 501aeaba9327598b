namespace UserProxy.Kubernetes.Objects;

/// <summary>A networking.k8s.io/v1 NetworkPolicy: that it exists is all that <c>migrate plan</c> asks.</summary>
internal sealed record NetworkPolicyObject
{
    public ObjectMeta Metadata { get; init; } = new();
}
