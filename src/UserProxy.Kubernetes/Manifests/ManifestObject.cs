using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>One object of a manifest: a Service, an EndpointSlice or a Node.</summary>
public sealed record ManifestObject(ObjectKey Key, SourceLine Source, object Item);
