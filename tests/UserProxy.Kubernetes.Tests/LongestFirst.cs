using UserProxy.Kubernetes.Tests.Client;
using UserProxy.Kubernetes.Tests.Manifests;
using UserProxy.Tests;

namespace UserProxy.Kubernetes.Tests;

/// <summary>Those that take ten seconds and more.</summary>
public sealed class LongestFirst()
    : CollectionOrder(nameof(ProductionTimingsTests), nameof(ReflectorFaultTests), nameof(ManifestReaderTests), nameof(ClusterAccessTests));
