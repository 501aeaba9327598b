namespace UserProxy.Kubernetes.Objects;

/// <summary>As written; the meaning of an absent condition is the builder's business.</summary>
public sealed record EndpointConditions
{
    public bool? Ready { get; init; }

    public bool? Serving { get; init; }

    public bool? Terminating { get; init; }
}
