namespace UserProxy.Kubernetes.Objects;

/// <summary>How long a client stays pinned to its endpoint.</summary>
public sealed record SessionAffinityConfig
{
    public ClientIPConfig? ClientIP { get; init; }
}
