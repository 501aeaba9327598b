using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Client;

/// <summary>What is asked of a collection, by <see cref="ApiClient"/>: which objects, as of when, and how many at a time.</summary>
internal sealed record ListQuery
{
    /// <summary>Objects in one page; 0 for all there are.</summary>
    public int? Limit { get; init; }

    /// <summary>0 for whatever the server has in its cache, null for what is in its store.</summary>
    public string? Version { get; init; }

    /// <summary>The token of the next page.</summary>
    public string? Continue { get; init; }

    public string? Label { get; init; }

    public string? Field { get; init; }

    /// <summary>The next page; null when that was the last.</summary>
    /// <exception cref="ApiException">The list turns in a circle.</exception>
    public ListQuery? Next(ListMeta? meta)
    {
        if (string.IsNullOrEmpty(meta?.Continue)) return null;
        if (meta.Continue == Continue) throw new ApiException(ApiFailure.Malformed, "the list goes on with the page that it is at");
        return this with { Version = null, Continue = meta.Continue }; // the token holds the version
    }
}
