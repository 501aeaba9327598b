using System.Net;
using UserProxy.Counting;

namespace UserProxy.Scheduling;

/// <summary>
/// The live counters of one endpoint of one service port, carried over swaps by address. Written by connections from any thread, read by
/// schedulers and at scrape time. Ejection is decided by <see cref="EndpointSet"/>, which knows whether others are left.
/// </summary>
public sealed class EndpointState(IPEndPoint address)
{
    /// <summary>In the place of a timestamp.</summary>
    private const long NotTold = long.MinValue;

    private int _active;
    private long _total;
    private long _failedConnects;
    private long _bytesIn;
    private long _bytesOut;
    private int _consecutiveFailures;
    private int _ejections;
    private long _ejectedUntil;
    private LastDial _lastDial;
    private LastDial _lastKept;
    private long _lastDialAt;
    private long _failingSince;
    private long _heardAt = NotTold;
    private long _leftUnansweredAt = NotTold;
    private int _departures;
    private ulong _pod;
    private bool _isLocal;

    /// <summary>For so long nothing has moved in a connection that is said to wait for its endpoint.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Where to dial.</summary>
    public IPEndPoint Address { get; } = address;

    /// <summary><see cref="Model.Endpoint.Pod"/>, as the newest list that names the address has it.</summary>
    internal ulong Pod
    {
        get => Volatile.Read(ref _pod);
        set => Volatile.Write(ref _pod, value);
    }

    /// <summary><see cref="Model.Endpoint.IsLocal"/>, likewise.</summary>
    internal bool IsLocal
    {
        get => Volatile.Read(ref _isLocal);
        set => Volatile.Write(ref _isLocal, value);
    }

    /// <summary>Connections picked for this endpoint and not yet ended, dials included.</summary>
    public int ActiveConnections => Volatile.Read(ref _active);

    /// <summary>Connections that were established to it since it was first seen.</summary>
    public long TotalConnections => Volatile.Read(ref _total);

    public long FailedConnects => Volatile.Read(ref _failedConnects);

    /// <summary>Bytes from clients to the endpoint, of ended connections and all sessions.</summary>
    public long BytesIn => Volatile.Read(ref _bytesIn);

    /// <summary>Bytes from the endpoint to clients, of ended connections and all sessions.</summary>
    public long BytesOut => Volatile.Read(ref _bytesOut);

    /// <summary>Failed dials since the last success.</summary>
    internal int ConsecutiveFailures => Volatile.Read(ref _consecutiveFailures);

    /// <summary>How often it has been put aside since its last successful dial.</summary>
    internal int Ejections => Volatile.Read(ref _ejections);

    /// <summary>The TimeProvider timestamp until which new connections avoid it; in the past when it is not ejected.</summary>
    public long EjectedUntil => Volatile.Read(ref _ejectedUntil);

    public bool IsEjected(long now) => now < EjectedUntil;

    /// <summary>
    /// Plain: whoever reads it sees one of the last few. Dials that leave with a client's address and those with this node's are noted apart: a host or a rule
    /// may let in the ones and not the others. A failure stands until a dial of its kind is answered.
    /// </summary>
    public LastDial LastDial => FailsClients ? _lastKept : _lastDial > LastDial.Answered || _lastKept == LastDial.None ? _lastDial : _lastKept;

    /// <summary>The last dial that left with a client's address failed.</summary>
    public bool FailsClients => _lastKept > LastDial.Answered;

    /// <summary>The last dial that left with an address of this node was answered; false before the first.</summary>
    public bool AnswersNode => _lastDial == LastDial.Answered;

    /// <summary>The last dial that left with a client's address was answered; false before the first.</summary>
    public bool AnswersClients => _lastKept == LastDial.Answered;

    /// <summary>When that was, or the last datagram of it came; null where another process knew it. Means nothing before the first.</summary>
    public long? LastDialAt => Volatile.Read(ref _lastDialAt) is var at and not NotTold ? at : null;

    /// <summary>Dials have failed and none was answered since.</summary>
    public bool IsFailing => FailsClients || _lastDial > LastDial.Answered;

    /// <summary>The timestamp of the first of these failures; means nothing while there are none.</summary>
    public long FailingSince => Volatile.Read(ref _failingSince);

    /// <summary>When a connection ended in which it had sent something; null before the first.</summary>
    internal long? HeardAt => Volatile.Read(ref _heardAt) is var at and not NotTold ? at : null;

    /// <summary>When the newest connection ended that had waited for it in vain; null when another one has had an answer since.</summary>
    internal long? LeftUnansweredAt => Volatile.Read(ref _leftUnansweredAt) is var at and not NotTold ? at : null;

    /// <summary>How often it has left the Service: tells whoever waits to cut its connections whether it has been back in the meantime.</summary>
    internal int Departures => Volatile.Read(ref _departures);

    internal void Departed() => Interlocked.Increment(ref _departures);

    internal void Picked() => Interlocked.Increment(ref _active);

    /// <summary>A connection to it is established, at the timestamp <paramref name="now"/>.</summary>
    /// <param name="now">Timestamp.</param>
    /// <param name="isKept">The dial left with the client's address.</param>
    public void DialSucceeded(long now, bool isKept = false)
    {
        Opened();
        Answered(now, isKept);
    }

    /// <summary>Nothing leaves with a client's address any more.</summary>
    internal void ForgetClients()
    {
        if (_lastKept == LastDial.None) return;
        if (_lastDial == LastDial.None && !FailsClients) _lastDial = _lastKept;
        _lastKept = LastDial.None;
    }

    /// <summary>A UDP session begins, which does not tell whether anybody is there.</summary>
    internal void Opened() => Interlocked.Increment(ref _total);

    /// <summary>
    /// The endpoint answered: whatever was held against it is forgotten, and it is not aside any more. That dials fail which leave with the other kind of
    /// address goes on being said.
    /// </summary>
    /// <param name="now">Timestamp.</param>
    /// <param name="isKept">What was answered had left with a client's address.</param>
    internal void Answered(long now, bool isKept = false)
    {
        // Beside counters that are written at each dial and datagram. The common case writes nothing more.
        Volatile.Write(ref _lastDialAt, now);
        ref var last = ref isKept ? ref _lastKept : ref _lastDial;
        if (last != LastDial.Answered) last = LastDial.Answered;
        if (Volatile.Read(ref _consecutiveFailures) != 0) Volatile.Write(ref _consecutiveFailures, 0);
        if (Volatile.Read(ref _ejectedUntil) == 0) return;
        Volatile.Write(ref _ejections, 0);
        Volatile.Write(ref _ejectedUntil, 0);
    }

    /// <summary>The dial was given up for a reason that says nothing about the endpoint (the client left, a local fault).</summary>
    public void DialAbandoned() => Interlocked.Decrement(ref _active);

    /// <summary>For list and explain: how the dial failed that has just been counted or abandoned.</summary>
    internal void Note(LastDial failure, long now, bool isKept = false)
    {
        if (!IsFailing) Volatile.Write(ref _failingSince, now);
        Volatile.Write(ref _lastDialAt, now);
        if (isKept) _lastKept = failure;
        else _lastDial = failure;
    }

    /// <summary>It failed once more for a connection that has met it before: one client in trouble, and no further sign against the endpoint.</summary>
    internal void FailedAgain() => Interlocked.Increment(ref _failedConnects);

    /// <summary>Returns how many failures there were in a row by now.</summary>
    internal int Failed()
    {
        Interlocked.Increment(ref _failedConnects);
        return Interlocked.Increment(ref _consecutiveFailures);
    }

    /// <summary>Called by one at a time: <see cref="EndpointSet"/> holds a lock.</summary>
    internal void Eject(long until)
    {
        Interlocked.Increment(ref _ejections);
        Volatile.Write(ref _ejectedUntil, until);
    }

    /// <summary>Bytes of a UDP session, which are counted as they come: it may live for long.</summary>
    internal void Moved(int bytesIn, int bytesOut)
    {
        if (bytesIn != 0) Interlocked.Add(ref _bytesIn, bytesIn);
        if (bytesOut != 0) Interlocked.Add(ref _bytesOut, bytesOut);
    }

    /// <summary>For another process that goes on with it.</summary>
    internal HandedEndpoint Copy(TimeProvider time, bool withFigures)
    {
        long now = time.GetTimestamp();
        return new HandedEndpoint(
            Address, ConsecutiveFailures, Ejections, IsEjected(now) ? time.GetElapsedTime(now, EjectedUntil) : TimeSpan.Zero, LastDial,
            IsFailing ? time.GetElapsedTime(FailingSince, now) : TimeSpan.Zero,
            withFigures ? [TotalConnections, FailedConnects, BytesIn, BytesOut] : null);
    }

    /// <summary>Goes on where it was in another process; before the first dial.</summary>
    internal void Restore(in HandedEndpoint handed, TimeProvider time)
    {
        long now = time.GetTimestamp();
        Volatile.Write(ref _consecutiveFailures, handed.FailuresInARow);
        Volatile.Write(ref _ejections, handed.Ejections);
        Volatile.Write(ref _ejectedUntil, handed.AsideFor > TimeSpan.Zero ? now + time.Units(handed.AsideFor) : 0);
        Volatile.Write(ref _failingSince, now - time.Units(handed.FailingFor));
        Volatile.Write(ref _lastDialAt, NotTold);
        _lastDial = handed.LastDial;
    }

    internal void AddFigures(long[] figures)
    {
        if (figures.Length != 4) return;
        Interlocked.Add(ref _total, figures[0]);
        Interlocked.Add(ref _failedConnects, figures[1]);
        Interlocked.Add(ref _bytesIn, figures[2]);
        Interlocked.Add(ref _bytesOut, figures[3]);
    }

    /// <summary>A connection has ended in which it had sent something.</summary>
    internal void Heard(long now)
    {
        Volatile.Write(ref _heardAt, now);
        if (Volatile.Read(ref _leftUnansweredAt) != NotTold) Volatile.Write(ref _leftUnansweredAt, NotTold);
    }

    /// <summary>A connection has ended that had sent it something, had waited, and had nothing back.</summary>
    internal void LeftUnanswered(long now) => Volatile.Write(ref _leftUnansweredAt, now);

    /// <summary>An established connection ended.</summary>
    public void Closed(long bytesIn, long bytesOut)
    {
        Interlocked.Add(ref _bytesIn, bytesIn);
        Interlocked.Add(ref _bytesOut, bytesOut);
        Interlocked.Decrement(ref _active);
    }
}
