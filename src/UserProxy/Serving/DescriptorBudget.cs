namespace UserProxy.Serving;

/// <summary>
/// Keeps connections from eating the descriptors that everything else needs (API watch, health, metrics, logs): admission stops at 90 % of
/// the limit and never leaves less than 64. Listeners are counted apart: a Service whose connections have taken everything must not keep others from being
/// bound. Asked by every accept loop and each bind, told by every ended connection; counts, never blocks.
/// </summary>
public sealed class DescriptorBudget(int limit, int heldAtStart)
{
    /// <summary>Descriptors of one relayed connection: the client's and the backend's socket.</summary>
    public const int PerConnection = 2;

    /// <summary>Descriptors that connections never get; listeners may have a quarter of them.</summary>
    public const int Reserve = 64;

    /// <summary>The number of held descriptors at which no more listeners are bound, however few there are: a quarter of what connections leave is theirs.</summary>
    private readonly int _listenerCeiling = AdmissionLimitOf(limit, heldAtStart) + ((limit - AdmissionLimitOf(limit, heldAtStart)) / 4);

    private int _held = heldAtStart;

    /// <summary>Those of <see cref="_held"/> that the start and listeners have.</summary>
    private int _listeners = heldAtStart;

    /// <summary>Sockets towards UDP endpoints that are nobody's share.</summary>
    private int _upstream;

    public int Limit { get; } = limit;

    /// <summary>The number of held descriptors at which admission stops; at least one connection always fits.</summary>
    public int AdmissionLimit { get; } = AdmissionLimitOf(limit, heldAtStart);

    /// <summary>The number of descriptors of the start and of listeners at which no more listeners are bound: without room for connections they would be of no use.</summary>
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

    /// <summary>Room for one more listener of so many descriptors, given back by <see cref="ReturnListener"/>; IOException when there is none.</summary>
    public void TakeListener(int descriptors)
    {
        if (Interlocked.Add(ref _listeners, descriptors) <= ListenerLimit)
        {
            if (Interlocked.Add(ref _held, descriptors) <= _listenerCeiling) return;
            Interlocked.Add(ref _held, -descriptors);
        }

        Interlocked.Add(ref _listeners, -descriptors);
        throw new IOException($"{Held} of {Limit} descriptors are in use: raise the limit (ulimit -n, LimitNOFILE)");
    }

    public void ReturnListener(int descriptors)
    {
        Interlocked.Add(ref _listeners, -descriptors);
        Return(descriptors);
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

    private void Return(int count) => Interlocked.Add(ref _held, -count);

    private static int AdmissionLimitOf(int limit, int heldAtStart) => Math.Max(heldAtStart + PerConnection, (int)Math.Min(limit * 0.9, (double)limit - Reserve));

    private bool IsAssured(int number, int shares) => number < Assured(shares);

    private int Assured(int shares) => Math.Max(1, UpstreamLimit / 4 / shares);
}
