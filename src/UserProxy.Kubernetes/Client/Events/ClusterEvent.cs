namespace UserProxy.Kubernetes.Client.Events;

/// <summary>Something that the owner of a Service or a node should see with <c>kubectl describe</c>.</summary>
public sealed record ClusterEvent
{
    /// <summary><c>Service</c> or <c>Node</c>.</summary>
    public string Kind { get; init; } = "Service";

    /// <summary>Empty for a Node.</summary>
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>From <see cref="KubernetesSource.UidOf"/>; of a Node its name, as the kubelet and kube-proxy have it.</summary>
    public string? Uid { get; init; }

    /// <summary>Warning rather than Normal.</summary>
    public bool IsWarning { get; init; } = true;

    /// <summary>One word in CamelCase, such as <c>PortUnavailable</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>What was tried, such as <c>Listen</c>.</summary>
    public required string Action { get; init; }

    /// <summary>
    /// It concerns the node that reports, which the Event then names. Otherwise every node finds the same, and all of them together write one.
    /// </summary>
    public bool IsOfNode { get; init; }

    /// <summary>A sentence; cut at the 1,024 characters that the API takes.</summary>
    public required string Message { get; init; }
}
