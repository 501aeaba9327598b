namespace UserProxy.Kubernetes.Objects;

/// <summary>A v1 ConfigMap: where kubeadm keeps kube-proxy's configuration. Read by <c>migrate plan</c> alone.</summary>
internal sealed record ConfigMapObject
{
    public ObjectMeta Metadata { get; init; } = new();

    public IReadOnlyDictionary<string, string?>? Data { get; init; }
}
