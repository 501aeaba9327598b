namespace UserProxy.Kubernetes.Objects;

/// <summary>The metadata of a list: where a watch goes on from, and the token of the next page.</summary>
internal sealed record ListMeta
{
    public string? ResourceVersion { get; init; }

    public string? Continue { get; init; }
}
