using UserProxy.Kubernetes.Manifests;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Tests.Manifests;

/// <summary>The objects of one file by their kinds.</summary>
internal static class ContentObjects
{
    extension(ManifestContent content)
    {
        public IReadOnlyList<ServiceObject> Services => [.. content.Objects.Select(one => one.Item).OfType<ServiceObject>()];

        public IReadOnlyList<EndpointSliceObject> EndpointSlices => [.. content.Objects.Select(one => one.Item).OfType<EndpointSliceObject>()];

        public IReadOnlyList<NodeObject> Nodes => [.. content.Objects.Select(one => one.Item).OfType<NodeObject>()];
    }
}
