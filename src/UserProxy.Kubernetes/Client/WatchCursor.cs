namespace UserProxy.Kubernetes.Client;

/// <summary>
/// How far a resource is known: the version that is watched from, or what the next list is asked for. Versions are opaque and of one server. Used by its
/// <see cref="Reflector{T,TKept}"/>.
/// </summary>
internal sealed class WatchCursor
{
    /// <summary>Whatever is in the server's cache will do.</summary>
    private const string AnyState = "0";

    private string? _listFrom = AnyState; // null: the store
    private bool _followed; // what was listed last could be watched from
    private Uri? _server;

    /// <summary>Null: there must be a list.</summary>
    public string? Version { get; private set; }

    /// <summary>
    /// In pages, or all at once (0). For a version that it must have reached, the server's cache answers only in one piece; asked for a page, older servers
    /// turn to the store.
    /// </summary>
    public ListQuery List => new() { Version = _listFrom, Limit = _listFrom is null or AnyState ? ApiClient.PageSize : 0 };

    public void Listed(string version, Uri server)
    {
        Version = version;
        _server = server;
        _followed = false;
    }

    public void Moved(string version) => Version = version;

    /// <summary>A watch has stood, or has told something.</summary>
    public void Followed() => _followed = true;

    /// <summary>
    /// There must be a list. The server's cache may give it when that is no older than what is known; but when nothing could be watched from the last list,
    /// the cache is what may be wrong.
    /// </summary>
    public void RequireList()
    {
        _listFrom = _followed ? Version : null;
        Version = null;
    }

    /// <summary>There must be a list, and nothing that is known says anything about it.</summary>
    public void Clear()
    {
        _listFrom = null;
        Version = null;
    }

    /// <summary>Forgets the version when it is another server's, where it means nothing.</summary>
    public void ResetIfOtherServer(Uri server)
    {
        if (Version is not null && _server != server) Clear();
    }
}
