using k8s.Models;
using UserProxy.FunctionalTests.Cluster;

namespace UserProxy.ConformanceTests.Cluster;

/// <summary>A Pod behind a Service, in the state that the EndpointSlice controller would find it in.</summary>
internal sealed record PodEndpoint(Pod Pod)
{
    /// <summary>Its readiness probe succeeds.</summary>
    public bool IsReady { get; init; } = true;

    /// <summary>It has been deleted, and has its grace period.</summary>
    public bool IsTerminating { get; init; }

    /// <summary>The names of the Service's ports that it has; null for all.</summary>
    public string[]? Ports { get; init; }

    public V1EndpointHints? Hints { get; init; }

    public static implicit operator PodEndpoint(Pod pod) => new(pod);
}
