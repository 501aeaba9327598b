namespace UserProxy.Scheduling;

/// <summary>
/// What a scheduler may choose from at this moment: the whole set, less the endpoints that this connection has tried and (in the first
/// round) those put aside by passive ejection.
/// </summary>
public readonly ref struct Candidates(ReadOnlySpan<EndpointState> states, ReadOnlySpan<EndpointState> tried, long now, bool includeEjected)
{
    private readonly ReadOnlySpan<EndpointState> _states = states;
    private readonly ReadOnlySpan<EndpointState> _tried = tried;
    private readonly long _now = now;
    private readonly bool _includeEjected = includeEjected;

    public int Count => _states.Length;

    public EndpointState this[int index] => _states[index];

    public bool Allows(int index)
    {
        var state = _states[index];
        if (!_includeEjected && state.IsEjected(_now)) return false;
        foreach (var tried in _tried)
        {
            if (ReferenceEquals(tried, state)) return false;
        }

        return true;
    }

    internal int CountAllowed()
    {
        int count = 0;
        for (int i = 0; i < _states.Length; i++)
        {
            if (Allows(i)) count++;
        }

        return count;
    }

    /// <summary>
    /// The index of the allowed endpoint that <paramref name="rank"/> others precede; -1 when none is allowed. Endpoints may be put aside
    /// between counting and looking: when fewer are left than the rank says, the last one of them.
    /// </summary>
    internal int NthAllowed(int rank)
    {
        int found = -1;
        for (int i = 0; i < _states.Length; i++)
        {
            if (!Allows(i)) continue;
            found = i;
            if (rank-- == 0) break;
        }

        return found;
    }
}
