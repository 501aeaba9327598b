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
    private bool _isGone;
    private volatile string? _names;
    private volatile string? _cure;

    /// <summary><c>nginx (pid 12) at 0.0.0.0:30080</c>, or several; null when nobody was found. From any thread.</summary>
    public string? Names => _names;

    /// <summary>What a person can do about them, with <see cref="Names"/>: a sentence without its full stop.</summary>
    public string? Cure => _cure;

    /// <summary>
    /// True if the holders have changed: they are to be named again. A port that is suddenly free counts only at the second look: it was usually released after
    /// our bind had failed.
    /// </summary>
    /// <param name="holders">Seen without their owners.</param>
    public bool Update(IEnumerable<BoundSocket> holders)
    {
        string now = string.Join(' ', Keys(holders).Order(StringComparer.Ordinal));
        bool wasGone = _isGone;
        _isGone = now.Length == 0;
        if (_seen == now || (_isGone && !wasGone && _seen is not null)) return false;
        _seen = now;
        _cure = _names = null;
        return true;
    }

    /// <summary>Keeps the names of the holders; from any thread.</summary>
    /// <param name="holders">With their owners.</param>
    public void Name(IEnumerable<BoundSocket> holders)
    {
        var all = holders.ToList();
        // Processes first: the rest goes by itself.
        string[] names = [.. all.OrderBy(holder => holder.IsKept).Select(holder => holder.ToString()).Distinct()];
        string more = names.Length > MostNamed ? $" and {names.Length - MostNamed} more" : "";
        _cure = all.Count == 0 ? null : CureOf(all);
        _names = names.Length > 0 ? string.Join(", ", names.Take(MostNamed)) + more : null;
    }

    /// <summary>The port is ours, or wanted no more.</summary>
    public void Clear()
    {
        _isGone = false;
        _seen = _cure = _names = null;
    }

    private static string CureOf(List<BoundSocket> holders)
    {
        if (holders.TrueForAll(holder => holder.IsOurs)) return "Give one of the two another port";
        if (holders.TrueForAll(holder => holder.IsKept)) return "It is free within a minute";
        return holders.TrueForAll(holder => holder.ConnectedTo is not null)
            ? "It is free when that connection ends; the kernel gives out no port that is in net.ipv4.ip_local_reserved_ports"
            : "End that process, or give one of the two another port";
    }

    /// <summary>A connection is one of many that come and go, at its address: their first stands for all.</summary>
    private static IEnumerable<string> Keys(IEnumerable<BoundSocket> holders) =>
        from socket in holders
        group socket.Inode by (socket.Local, IsBound: socket.ConnectedTo is null, socket.IsKept) into same
        from inode in same.Key.IsBound ? same.AsEnumerable() : [same.Min()]
        select $"{same.Key.Local}#{inode}";
}
