using UserProxy.Policy;
using UserProxy.Scheduling;
using UserProxy.Tracing;

namespace UserProxy.Udp;

/// <summary>
/// The life of one UDP client flow: which endpoint it was given, by which of our ports it reaches it, and what has passed. Belongs to the
/// <see cref="SessionTable"/> of one loop, which uses it again for another flow when it has ended: tables hold tens of thousands under churn.
/// </summary>
internal sealed class UdpSession
{
    /// <summary>Fields, not properties: lists refer to them.</summary>
    public SessionLinks OfClass, OfClient;

    public SessionKey Key { get; private set; }

    /// <summary>Null while it is not in use.</summary>
    public ListenerSessions? Listener { get; private set; }

    /// <summary>All sessions of its client, itself included.</summary>
    public SessionList Client { get; private set; } = null!;

    public SessionClass Class { get; set; }

    /// <summary>The snapshot by which its endpoint was last checked.</summary>
    public ServiceSnapshot Snapshot { get; set; } = null!;

    /// <summary>The PROXY protocol header before each of its datagrams; null is none.</summary>
    public byte[]? Header { get; private set; }

    /// <summary>The unique id in <see cref="Header"/>; 0 without one.</summary>
    public long Id { get; private set; }

    /// <summary>The listener's admission at that check.</summary>
    public Admission? Admission { get; set; }

    public EndpointState Endpoint { get; private set; } = null!;

    /// <summary>The endpoint's address, as datagrams have it.</summary>
    public DatagramAddress Target { get; private set; }

    /// <summary>It has a port towards its endpoint: until the endpoint's host has refused a datagram.</summary>
    public bool IsPlaced { get; private set; }

    /// <summary>Who may answer for the endpoint, as its loop knows it; null of a session that is kept: then nobody else can.</summary>
    public UpstreamPeer? Peer { get; private set; }

    /// <summary>What the endpoint sees as its client, of a session that is kept; null of any other.</summary>
    public DatagramAddress? Source { get; private set; }

    public PoolKey Pool { get; private set; }

    /// <summary>Our port towards the endpoint: its index in the loop's <see cref="Pool"/>.</summary>
    public int Port { get; private set; }

    public long StartedAt { get; private set; }

    /// <summary>Timestamp of its last datagram, in either direction.</summary>
    public long ActiveAt { get; set; }

    /// <summary>Timestamp of its last move to the back of its lists: it is not moved for every datagram.</summary>
    public long ListedAt { get; set; }

    public long DatagramsIn { get; set; }

    public long DatagramsOut { get; set; }

    /// <summary>Settled only on an exact count: an endpoint that sent more may go on sending.</summary>
    public AnswerDebt Debt => DatagramsOut == 0 || DatagramsOut != DatagramsIn * Snapshot.Port.AnswersPerQuestion
        ? AnswerDebt.Owing
        : Snapshot.Settings.UdpResponses is null ? AnswerDebt.Presumed : AnswerDebt.Settled;

    /// <summary>It may end: each of its questions has had the answers that are declared.</summary>
    public bool HasAllResponses => Snapshot.Settings.UdpResponses is > 0 and var responses && DatagramsOut >= responses * DatagramsIn;

    /// <summary>Its endpoint does, by what is declared or by what the protocol suggests.</summary>
    public bool OwesNothing => Debt != AnswerDebt.Owing;

    /// <summary>Null unless somebody follows it.</summary>
    public TraceFlow? Trace { get; set; }

    public long BytesIn { get; set; }

    public long BytesOut { get; set; }

    public void Begin(ListenerSessions listener, in SessionKey key, SessionList client, long now)
    {
        Listener = listener;
        Key = key;
        Client = client;
        Class = SessionClass.Unanswered;
        StartedAt = ActiveAt = ListedAt = now;
        DatagramsIn = DatagramsOut = BytesIn = BytesOut = 0;
    }

    public void Place(EndpointState endpoint, in DatagramAddress target, PoolKey pool, UpstreamPeer peer, int port)
    {
        Endpoint = endpoint;
        Target = target;
        Pool = pool;
        Peer = peer;
        Port = port;
        Source = null;
        IsPlaced = true;
    }

    /// <summary>The same, by a socket with the client's address.</summary>
    public void PlaceKept(EndpointState endpoint, in DatagramAddress target, PoolKey pool, int port, in DatagramAddress source)
    {
        Endpoint = endpoint;
        Target = target;
        Pool = pool;
        Peer = null;
        Port = port;
        Source = source;
        IsPlaced = true;
    }

    /// <summary>Goes on from where it was in another process.</summary>
    public void Restore(in HandedSession handed, long startedAt, long activeAt)
    {
        Class = (SessionClass)handed.StandardClass;
        StartedAt = startedAt;
        ActiveAt = ListedAt = activeAt;
        (DatagramsIn, DatagramsOut, BytesIn, BytesOut) = (handed.DatagramsIn, handed.DatagramsOut, handed.BytesIn, handed.BytesOut);
    }

    public void ClearPlace() => (IsPlaced, Peer) = (false, null);

    public void SetHeader(byte[]? header, long id) => (Header, Id) = (header, id);

    /// <summary>Keeps nothing alive while it waits to be used again.</summary>
    public void Clear()
    {
        Listener = null;
        Client = null!;
        Snapshot = null!;
        Admission = null;
        SetHeader(null, 0);
        Endpoint = null!;
        ClearPlace();
        Trace = null;
    }
}
