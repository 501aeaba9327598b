using UserProxy.Policy;

namespace UserProxy.Tcp;

/// <summary>The outcome of one dial, with the connection when there is one. A value, because a refused dial is no exception here.</summary>
public readonly record struct DialResult(ConnectOutcome Outcome, TransportConnection? Connection)
{
    public static implicit operator DialResult(ConnectOutcome failure) => new(failure, null);
}
