namespace UserProxy.Kubernetes.Objects;

/// <summary>What one line of a watch says.</summary>
internal enum WatchEventKind
{
    /// <summary>ADDED or MODIFIED: no difference to a cache.</summary>
    Upsert,
    Delete,

    /// <summary>Nothing but a newer resourceVersion.</summary>
    Bookmark,

    /// <summary>The server ends the watch and says why.</summary>
    Error,

    /// <summary>A line that says nothing usable: skipped, counted, and the object that it may name left as it is.</summary>
    Invalid,
}

/// <summary>
/// One line of a watch. <paramref name="Id"/> is there for an Upsert and a Delete, and for an Invalid one whose name could be read;
/// <paramref name="ResourceVersion"/> whenever the line gave one.
/// </summary>
internal readonly record struct WatchEvent<T>(WatchEventKind Kind, ObjectId? Id, T? Item, string? ResourceVersion)
    where T : class
{
    /// <summary>Of an Error: the JSON of what the server says about it.</summary>
    public string? Status { get; init; }

    public string? Flaw { get; init; }
}
