namespace UserProxy.Kubernetes.Objects;

/// <summary>One address of a node; <see cref="Type"/> is InternalIP, ExternalIP, Hostname and others.</summary>
public sealed record NodeAddress
{
    public string? Type { get; init; }

    public string? Address { get; init; }
}
