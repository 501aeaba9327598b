namespace UserProxy.Syncing;

/// <summary>
/// Who keeps us from a port, as far as it is known. The log, Events, <c>/v1/status</c>, <c>list</c> and <c>explain</c> have their words from here. To see a
/// holder is cheap. To name it takes a walk over all processes, so only new ones are named. Kept for each port of a Service by its <see cref="ListenerSlot"/>,
/// and by the HTTP servers of the executable.
/// </summary>
public sealed class KnownHolders
{
    /// <summary>Of one port; a port-forward may have one socket for each address.</summary>
    private const int MostNamed = 3;

    private string? _seen;
    private volatile string? _names;

    /// <summary><c>nginx (pid 12) at 0.0.0.0:30080</c>, or several; null when nobody was found. From any thread.</summary>
    public string? Names => _names;

    /// <summary>True when the holders are others than at the last look: they are to be named again.</summary>
    /// <param name="holders">Seen without their owners.</param>
    public bool SeeNews(IEnumerable<BoundSocket> holders)
    {
        string now = string.Join(' ', holders.Select(socket => $"{socket.Local}#{socket.Inode}").Order(StringComparer.Ordinal));
        if (_seen == now) return false;
        _seen = now;
        _names = null;
        return true;
    }

    /// <summary>Keeps the names of the holders; from any thread.</summary>
    /// <param name="holders">With their owners.</param>
    public void Name(IEnumerable<BoundSocket> holders)
    {
        string names = string.Join(", ", holders.Select(holder => holder.ToString()).Distinct().Take(MostNamed));
        _names = names.Length > 0 ? names : null;
    }

    /// <summary>The port is ours, or wanted no more.</summary>
    public void Clear() => _seen = _names = null;
}
