using UserProxy.Policy;
using UserProxy.Scheduling;
using UserProxy.Serving;

namespace UserProxy.Udp;

/// <summary>
/// Finds room for a new session: memory, a port towards its endpoint, and a place within the limits. Where there is none, the session that is worth least makes
/// it. Asked by <see cref="SessionBeginning"/>.
/// </summary>
internal sealed class SessionRoom(
    DatagramServices services, SessionLimits limits, SessionTimes times, SessionRegister register, UpstreamPools pools, SessionEnding ending,
    SessionExpiry expiry)
{
    /// <summary>Sessions of the loop for which there is memory in any case: with none no UDP Service would be served.</summary>
    private const int Assured = 64;

    /// <summary>
    /// An unused session, or a new one while there is memory for it. Without memory the session that is worth least is given up, as when the table is full.
    /// </summary>
    public UdpSession Rent(ListenerSessions sessions, long now)
    {
        // Two end for each that begins, or they would become more and more.
        expiry.EndDone(sessions, now, most: 2);
        if (register.TryTakeUnused(out var unused)) return unused;
        if (register.Count < Assured) services.Memory.TakeSession(MemoryBudget.PerSession);
        else if (!services.Memory.TryTakeSession(MemoryBudget.PerSession))
        {
            EndLeast(register.Largest(), SessionEnd.EvictedTotal, now);
            register.TryTakeUnused(out unused);
            return unused;
        }

        return new UdpSession();
    }

    /// <summary>Gives the session a port towards the endpoint; false with the drop reason when there is none.</summary>
    /// <param name="session">Is entered at the port.</param>
    /// <param name="sessions">Where it begins.</param>
    /// <param name="key">As which.</param>
    /// <param name="state">The endpoint.</param>
    /// <param name="source">The client's address, where that is kept: then the port is the session's alone.</param>
    /// <param name="now">Timestamp.</param>
    /// <param name="drop">Why there is none, as its datagram is counted.</param>
    public bool TryPlace(
        UdpSession session, ListenerSessions sessions, in SessionKey key, EndpointState state, DialSource? source, long now, out DatagramDrop drop)
    {
        var target = DatagramAddress.From(state.Address);
        drop = DatagramDrop.NoPort;
        if (source is not null) return TryPlaceKept(session, state, new KeptFlow(sessions, key, target), source, now, ref drop);
        ulong pod = state.Pod;
        var pool = new PoolKey(target.Family, OfPods: pod != 0);
        var ports = pools.Of(pool);
        if (!ports.TryTake(target, pod, session, now, out var peer, out int port))
        {
            if (peer.ChooseVictim(ports.Count, now - times.Answer) is not { } victim) return false;
            ending.End(victim, SessionEnd.EvictedPort, now);
            // A port whose session may still be answered has to rest: it serves later clients.
            if (!ports.TryTake(target, pod, session, now, out peer, out port)) return false;
        }

        session.Place(state, target, pool, peer, port);
        return true;
    }

    private bool TryPlaceKept(UdpSession session, EndpointState state, in KeptFlow flow, DialSource source, long now, ref DatagramDrop drop)
    {
        var ports = pools.KeptOf(flow.Endpoint.Family);
        var opening = ports.Take(session, flow, source, now, out int port);
        if (opening == UpstreamOpening.NoneLeft && pools.TryCloseResting(now)) opening = ports.Take(session, flow, source, now, out port);
        if (opening == UpstreamOpening.NoneLeft && register.Count > 0)
        {
            // Who sends under many addresses has many of them: the largest listener's. Its socket would rest.
            EndLeast(register.Largest(), SessionEnd.EvictedPort, now);
            pools.TryCloseResting(now);
            opening = ports.Take(session, flow, source, now, out port);
        }

        if (opening == UpstreamOpening.Refused) drop = DatagramDrop.SendFailed;
        if (opening != UpstreamOpening.Opened) return false;

        var pool = UpstreamPools.KeyOfKept(flow.Endpoint.Family);
        session.PlaceKept(state, flow.Endpoint, pool, port, pools.SourceOf(pool, port));
        return true;
    }

    /// <summary>For one more of the listener and the client.</summary>
    public void Make(ListenerSessions sessions, ClientAddress client, long now)
    {
        if (register.Find(client) is { } ofClient && ofClient.Count >= limits.PerClient) ending.End(ofClient.First!, SessionEnd.EvictedClient, now);
        if (sessions.Count >= limits.PerListener) EndLeast(sessions, SessionEnd.EvictedListener, now);
        if (register.Count >= limits.Total) EndLeast(register.Largest(), SessionEnd.EvictedTotal, now);
    }

    /// <summary>Keeps as many unused sessions as are in use, and drops the rest.</summary>
    public void DropUnused()
    {
        int dropped = register.DropUnused(Math.Max(Assured, register.Count));
        if (dropped > 0) services.Memory.ReturnSession(dropped * MemoryBudget.PerSession);
    }

    private void EndLeast(ListenerSessions sessions, SessionEnd end, long now) => ending.End(sessions.Least(now - times.Answer), end, now);
}
