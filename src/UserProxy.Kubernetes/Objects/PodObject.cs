namespace UserProxy.Kubernetes.Objects;

/// <summary>A v1 Pod, only the fields that <c>verify</c> reads: a run follows no Pods.</summary>
public sealed record PodObject
{
    public ObjectMeta Metadata { get; init; } = new();

    public PodSpec? Spec { get; init; }

    public PodStatus? Status { get; init; }

    public bool HasAddress(string address) => Status?.PodIP == address || Status?.PodIPs?.Any(one => one.IP == address) == true;
}

/// <summary>The <c>spec</c> part of <see cref="PodObject"/>.</summary>
public sealed record PodSpec
{
    public string? NodeName { get; init; }

    public IReadOnlyList<PodContainer>? Containers { get; init; }
}

/// <summary>One container of a Pod.</summary>
public sealed record PodContainer
{
    public string? Name { get; init; }

    public IReadOnlyList<PodContainerPort>? Ports { get; init; }
}

/// <summary>A port that a container declares; a <c>targetPort</c> may be its name.</summary>
public sealed record PodContainerPort
{
    public string? Name { get; init; }

    public int ContainerPort { get; init; }

    /// <summary>TCP when absent.</summary>
    public string? Protocol { get; init; }
}

/// <summary>The <c>status</c> part of <see cref="PodObject"/>.</summary>
public sealed record PodStatus
{
    public string? Phase { get; init; }

    public string? PodIP { get; init; }

    public IReadOnlyList<PodAddress>? PodIPs { get; init; }

    public IReadOnlyList<PodCondition>? Conditions { get; init; }

    public IReadOnlyList<ContainerStatus>? ContainerStatuses { get; init; }
}

/// <summary>One address of a Pod.</summary>
public sealed record PodAddress
{
    public string? IP { get; init; }
}

/// <summary>One condition of a Pod, such as PodScheduled, ContainersReady or Ready.</summary>
public sealed record PodCondition
{
    public string? Type { get; init; }

    /// <summary>True, False or Unknown.</summary>
    public string? Status { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }
}

/// <summary>How one container of a Pod is.</summary>
public sealed record ContainerStatus
{
    public string? Name { get; init; }

    public bool Ready { get; init; }

    public int RestartCount { get; init; }

    public ContainerState? State { get; init; }
}

/// <summary>What a container does; of the states only the one that has a reason is asked for.</summary>
public sealed record ContainerState
{
    public ContainerWaiting? Waiting { get; init; }
}

/// <summary>Why a container does not run: CrashLoopBackOff, ImagePullBackOff and others.</summary>
public sealed record ContainerWaiting
{
    public string? Reason { get; init; }
}
