namespace UserProxy.Kubernetes.Objects;

/// <summary>One taint of a node; neither its value nor its effect is asked for.</summary>
public sealed record NodeTaint
{
    public string? Key { get; init; }
}
