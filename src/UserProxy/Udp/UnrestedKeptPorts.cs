namespace UserProxy.Udp;

/// <summary>
/// Ports with clients' addresses whose sockets were closed before they had rested. The kernel may give such a port to the next socket that is opened, on
/// whichever loop: so there is one of these for all. Told and asked by <see cref="KeptPorts"/>.
/// </summary>
/// <param name="most">Beyond it the oldest are forgotten: a flood of forged clients leaves one each.</param>
internal sealed class UnrestedKeptPorts(int most)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<KeptPlace, KeptRest> _byPlace = [];
    private readonly Queue<KeptRest> _inOrder = new();

    /// <summary>Without any nothing is locked: that is so but for a node that is short of sockets.</summary>
    private volatile bool _hasAny;

    public void Add(KeptRest rest, long now)
    {
        lock (_lock)
        {
            while (_inOrder.TryPeek(out var oldest) && (_inOrder.Count >= most || oldest.Until <= now))
            {
                _inOrder.Dequeue();
                // The same object: the port may have been taken and left again.
                if (_byPlace.TryGetValue(oldest.Place, out var current) && ReferenceEquals(current, oldest)) _byPlace.Remove(oldest.Place);
            }

            _byPlace[rest.Place] = rest;
            _inOrder.Enqueue(rest);
            _hasAny = true;
        }
    }

    /// <summary>The rest that the port is owed still, for whoever has it open now; false for none.</summary>
    public bool TryTake(in KeptPlace place, long now, out KeptRest rest)
    {
        rest = null!;
        if (!_hasAny) return false;
        lock (_lock)
        {
            if (!_byPlace.Remove(place, out rest!)) return false;
            if (_byPlace.Count == 0)
            {
                _inOrder.Clear();
                _hasAny = false;
            }

            return rest.Until > now;
        }
    }
}
