namespace UserProxy.Serving;

/// <summary>
/// Keeps connections from eating the descriptors that everything else needs (API watch, health, metrics, logs): admission stops at 90 % of
/// the limit and never leaves less than 64. Asked by every accept loop, told by every ended connection; counts, never blocks.
/// </summary>
public sealed class DescriptorBudget(int limit, int heldAtStart)
{
    /// <summary>Descriptors of one relayed connection: the client's and the backend's socket.</summary>
    public const int PerConnection = 2;

    /// <summary>Descriptors that connections never get.</summary>
    public const int Reserve = 64;

    private int _held = heldAtStart;

    /// <summary>Sockets towards UDP endpoints that are nobody's share.</summary>
    private int _upstream;

    public int Limit { get; } = limit;

    /// <summary>The number of held descriptors at which admission stops; at least one connection always fits.</summary>
    public int AdmissionLimit { get; } = Math.Max(heldAtStart + PerConnection, (int)Math.Min(limit * 0.9, (double)limit - Reserve));

    /// <summary>The number of held descriptors at which no more listeners are bound: without room for connections they would be of no use.</summary>
    public int ListenerLimit { get; } = Math.Max(heldAtStart + PerConnection, (int)Math.Min(limit * 0.8, limit - (1.5 * Reserve)));

    /// <summary>Sockets towards UDP endpoints, of all sessions together: half of what there is, so that a flood of datagrams does not cost TCP its connections.</summary>
    public int UpstreamLimit { get; } = Math.Max(1, limit / 2);

    /// <summary>Descriptors held by the start, listeners and connections together.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <summary>Room for one more connection, taken if there is; given back by <see cref="Return"/>.</summary>
    public bool TryTakeConnection()
    {
        if (Interlocked.Add(ref _held, PerConnection) <= AdmissionLimit) return true;
        Interlocked.Add(ref _held, -PerConnection);
        return false;
    }

    public void ReturnConnection() => Return(PerConnection);

    /// <summary>Room for one more listener of so many descriptors, given back by <see cref="Return"/>; IOException when there is none.</summary>
    public void TakeListener(int descriptors)
    {
        if (Interlocked.Add(ref _held, descriptors) <= ListenerLimit) return;
        Interlocked.Add(ref _held, -descriptors);
        throw new IOException($"{Held} of {Limit} descriptors are in use: raise the limit (ulimit -n, LimitNOFILE)");
    }

    /// <summary>
    /// Room for one more socket towards UDP endpoints, taken if there is; given back by <see cref="ReturnUpstream"/>. A quarter of <see cref="UpstreamLimit"/> is shared out
    /// beforehand: a flood over IPv4 takes all that it gets, and must leave IPv6 and the other loops theirs. The first of each has room even when connections have taken everything: no
    /// UDP Service would be served without it.
    /// </summary>
    /// <param name="number">Which one of its loop and family it is, from 0.</param>
    /// <param name="shares">Loops times families.</param>
    public bool TryTakeUpstream(int number, int shares)
    {
        bool isAssured = IsAssured(number, shares);
        if (!isAssured && Interlocked.Increment(ref _upstream) > UpstreamLimit - (shares * Assured(shares)))
        {
            Interlocked.Decrement(ref _upstream);
            return false;
        }

        int most = number == 0 ? Limit : isAssured ? AdmissionLimit : ListenerLimit;
        if (Interlocked.Increment(ref _held) <= most) return true;
        ReturnUpstream(number, shares);
        return false;
    }

    public void ReturnUpstream(int number, int shares)
    {
        if (!IsAssured(number, shares)) Interlocked.Decrement(ref _upstream);
        Return(1);
    }

    public void Return(int count) => Interlocked.Add(ref _held, -count);

    private bool IsAssured(int number, int shares) => number < Assured(shares);

    private int Assured(int shares) => Math.Max(1, UpstreamLimit / 4 / shares);
}
