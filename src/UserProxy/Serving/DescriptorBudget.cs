namespace UserProxy.Serving;

/// <summary>
/// Keeps clients from eating the descriptors that everything else needs (API watch, health, metrics, logs): admission stops at 90 % of the limit and never
/// leaves less than 64. Listeners are counted apart: a Service whose connections have taken everything must not keep others from being bound. Whatever else
/// clients can make the process open has a bound of its own and is set aside at the start. All shares together stay below the limit: a runtime that gets no
/// descriptor aborts the process (docs/decisions/0050). Asked by every accept loop and each bind, told by every ended connection; counts, never blocks.
/// </summary>
/// <param name="limit">RLIMIT_NOFILE.</param>
/// <param name="heldAtStart">What is open now.</param>
/// <param name="setAside">What pipes and the process's own servers may have open at most.</param>
public sealed class DescriptorBudget(int limit, int heldAtStart, int setAside = 0)
{
    /// <summary>Descriptors of one relayed connection: the client's and the backend's socket.</summary>
    public const int PerConnection = 2;

    /// <summary>Descriptors that connections never get; listeners may have a quarter of them.</summary>
    public const int Reserve = 64;

    /// <summary>Of the reserve, what nobody is ever given: for files, sockets to the API and what the runtime opens when it needs it.</summary>
    public const int Untouchable = 32;

    /// <summary>With less to give to Services, a proxy is of no use.</summary>
    private const int LeastRoom = 16;

    /// <summary>
    /// The number of held descriptors at which no more listeners are bound, however few there are: a quarter of what connections leave is theirs.
    /// </summary>
    private readonly int _listenerCeiling = AdmissionLimitOf(limit, heldAtStart + setAside) + (LeftBy(limit, heldAtStart + setAside) / 4);

    /// <summary>Clients that may be kept waiting after they were accepted, all listeners together: an eighth of what connections leave.</summary>
    private readonly int _mostWaiting = LeftBy(limit, heldAtStart + setAside) / 8;

    private int _held = heldAtStart + setAside;

    /// <summary>Those of <see cref="_held"/> that the start and listeners have, and what is set aside.</summary>
    private int _listeners = heldAtStart + setAside;

    /// <summary>Sockets towards UDP endpoints that are nobody's share.</summary>
    private int _upstream;

    private int _waiting;
    private long _ended;

    public int Limit { get; } = limit;

    /// <summary>The number of held descriptors at which admission stops; at least one connection always fits.</summary>
    public int AdmissionLimit { get; } = AdmissionLimitOf(limit, heldAtStart + setAside);

    /// <summary>
    /// The number of descriptors of the start and of listeners at which no more listeners are bound: without room for connections they would be of no use.
    /// </summary>
    public int ListenerLimit { get; } = Math.Max(heldAtStart + setAside + PerConnection, (int)Math.Min(limit * 0.8, limit - (1.5 * Reserve)));

    /// <summary>
    /// Sockets towards UDP endpoints, of all sessions together: half of what there is, so that a flood of datagrams does not cost TCP its connections.
    /// </summary>
    public int UpstreamLimit { get; } = Math.Max(1, limit / 2);

    /// <summary>Descriptors held by the start, listeners and connections together, and what is set aside.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <summary>How many connections have given theirs back so far: who waits sees whether anything goes on.</summary>
    public long Ended => Volatile.Read(ref _ended);

    /// <summary>Whether one more connection would be let in now.</summary>
    /// <param name="ofService">How many its service port has.</param>
    public bool HasRoom(int ofService) => Fits(Held + PerConnection, ofService);

    /// <summary>A service port with so many connections is one that leaves the last eighth to others.</summary>
    public bool IsCrowd(int ofService) => (long)ofService * PerConnection > Room / 16;

    /// <summary>
    /// The figure of the start, once everything but Services is up: servers, libraries and the runtime have opened what nobody has counted. Returns by how much
    /// the limit is too low for Services to be served; not above 0 when it is not.
    /// </summary>
    /// <param name="open">What is open now.</param>
    public int CountAtStart(int open)
    {
        int uncounted = open + setAside - Held;
        if (uncounted > 0)
        {
            Interlocked.Add(ref _listeners, uncounted);
            Interlocked.Add(ref _held, uncounted);
        }

        // Not the properties, which always let one in.
        return Held + LeastRoom - (int)Math.Min(Limit * 0.8, Limit - (1.5 * Reserve));
    }

    /// <summary>Room for one more connection, taken if there is; given back by <see cref="ReturnConnection"/>.</summary>
    /// <param name="ofService">How many its service port has.</param>
    public bool TryTakeConnection(int ofService)
    {
        if (Fits(Interlocked.Add(ref _held, PerConnection), ofService)) return true;
        Interlocked.Add(ref _held, -PerConnection);
        return false;
    }

    public void ReturnConnection()
    {
        Return(PerConnection);
        Interlocked.Increment(ref _ended);
    }

    /// <summary>
    /// Room for a client that was accepted before it was known that there is none for its connection, taken if there is; given back by
    /// <see cref="ReturnWaiting"/>.
    /// </summary>
    public bool TryTakeWaiting()
    {
        if (Interlocked.Increment(ref _waiting) <= _mostWaiting)
        {
            if (Interlocked.Increment(ref _held) <= Limit - Untouchable) return true;
            Return(1);
        }

        Interlocked.Decrement(ref _waiting);
        return false;
    }

    public void ReturnWaiting()
    {
        Interlocked.Decrement(ref _waiting);
        Return(1);
    }

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
    /// Room for one more socket towards UDP endpoints, taken if there is; given back by <see cref="ReturnUpstream"/>. A quarter of <see cref="UpstreamLimit"/>
    /// is shared out beforehand: a flood over IPv4 takes all that it gets, and must leave IPv6 and the other loops theirs. The first of each has room even when
    /// connections have taken everything: no UDP Service would be served without it.
    /// </summary>
    /// <param name="number">Which one of its loop and pool it is, from 0.</param>
    /// <param name="shares">Loops times pools.</param>
    public bool TryTakeUpstream(int number, int shares)
    {
        bool isAssured = IsAssured(number, shares);
        if (!isAssured && Interlocked.Increment(ref _upstream) > UpstreamLimit - (shares * Assured(shares)))
        {
            Interlocked.Decrement(ref _upstream);
            return false;
        }

        int most = number == 0 ? Limit - Untouchable : isAssured ? AdmissionLimit : ListenerLimit;
        if (Interlocked.Increment(ref _held) <= most) return true;
        ReturnUpstream(number, shares);
        return false;
    }

    public void ReturnUpstream(int number, int shares)
    {
        if (!IsAssured(number, shares)) Interlocked.Decrement(ref _upstream);
        Return(1);
    }

    /// <summary>What connections may have.</summary>
    private int Room => Math.Max(0, AdmissionLimit - Volatile.Read(ref _listeners));

    /// <summary>
    /// The last eighth of the room is for service ports that have little: a crowd of one Service, or a loop of proxies, must not take the others' clients.
    /// There a port gets no more than is left for others, so that each takes half of what those before it have left.
    /// </summary>
    /// <param name="held">With the one that is asked for.</param>
    /// <param name="ofService">Connections that its service port has.</param>
    private bool Fits(int held, int ofService)
    {
        int left = AdmissionLimit - held;
        return left >= Room / 8 || (left >= 0 && !IsCrowd(ofService) && ofService * PerConnection <= left + PerConnection);
    }

    private void Return(int count) => Interlocked.Add(ref _held, -count);

    private static int LeftBy(int limit, int atStart) => limit - AdmissionLimitOf(limit, atStart);

    private static int AdmissionLimitOf(int limit, int atStart) => Math.Max(atStart + PerConnection, (int)Math.Min(limit * 0.9, (double)limit - Reserve));

    private bool IsAssured(int number, int shares) => number < Assured(shares);

    private int Assured(int shares) => Math.Max(1, UpstreamLimit / 4 / shares);
}
