using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>The identity of each kind of object.</summary>
internal static class ManifestKeys
{
    public static ObjectKey Of(ServiceObject service) => Of("Service", service.Metadata);

    public static ObjectKey Of(EndpointSliceObject slice) => Of("EndpointSlice", slice.Metadata);

    public static ObjectKey Of(NodeObject node) => Of("Node", node.Metadata);

    private static ObjectKey Of(string kind, ObjectMeta meta) => new(kind, meta.Namespace ?? "", meta.Name ?? "");
}
