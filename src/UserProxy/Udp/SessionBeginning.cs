using System.Net;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.ProxyProtocol;
using UserProxy.Scheduling;
using UserProxy.Tracing;

namespace UserProxy.Udp;

/// <summary>
/// Begins sessions: decides who may have one and which endpoint it gets. Decides again for a session whose Service has changed. Asked by the
/// <see cref="SessionTable"/>.
/// </summary>
internal sealed class SessionBeginning(
    DatagramServices services, SessionRegister register, SessionRoom room, SessionEnding ending, IUpstreamSockets sockets)
{
    /// <summary>False when there is to be none: that has been counted.</summary>
    public bool TryBegin(ListenerSessions sessions, in SessionKey key, ReadOnlySpan<EndpointState> tried, long now, out UdpSession session)
    {
        session = null!;
        var listener = sessions.Listener;
        var admission = listener.Admission;
        var client = key.Client.ToEndPoint();
        if (key.Client.Port == 0) return sessions.Refuse(DatagramDrop.Unanswerable);
        if (admission is not null && !admission.Admits(client.Address)) return sessions.Refuse(DatagramDrop.NotAdmitted);
        if (services.Guard.IsOwnListener(client)) return sessions.Refuse(DatagramDrop.Loop);
        var snapshot = listener.Service.Snapshot!;
        var caller = listener.CallerOf(client.Address, key);
        var pin = services.Traces.IsRead ? TracedPick.PinOf(snapshot, caller) : null;
        var state = snapshot.Pick(caller, tried);
        // With one endpoint there is no other to try.
        if (state is null && tried.Length > 0) state = snapshot.Pick(caller, []);
        if (state is null) return sessions.Refuse(DatagramDrop.NoEndpoint);
        if (services.Guard.FaultOf(state.Address) is { } fault)
        {
            state.DialAbandoned();
            if (fault == ConnectOutcome.Loop) services.Loops.ReportOwnListener(listener.Service, state.Address);
            // The next endpoint, as for a connection: one that is our own listener must not cost the client its answer.
            return tried.Length + 1 < snapshot.Settings.ConnectAttempts
                ? TryBegin(sessions, key, [.. tried, state], now, out session)
                : sessions.Refuse(fault == ConnectOutcome.Loop ? DatagramDrop.Loop : DatagramDrop.NoEndpoint);
        }

        session = room.Rent(sessions, now);
        if (!room.TryPlace(session, sessions, key, state, services.Sources.SourceFor(snapshot.Port, caller, client, state), now, out var drop))
        {
            register.PutBack(session);
            state.DialAbandoned();
            return sessions.Refuse(drop);
        }

        room.Make(sessions, key.Client.Address, now);
        session.Snapshot = snapshot;
        session.Admission = admission;
        session.Begin(sessions, key, register.ListOf(key.Client.Address), now);
        MakeHeader(session);
        register.Enter(session);
        state.Opened();
        if (services.Traces.IsRead) Trace(session, caller, tried, pin);
        return true;
    }

    /// <summary>Those who follow it are told why it goes where it goes.</summary>
    private void Trace(UdpSession session, in Caller caller, ReadOnlySpan<EndpointState> tried, IPEndPoint? pin)
    {
        var listener = session.Listener!.Listener;
        var local = new IPEndPoint(session.Key.Local.ToIPAddress(), listener.Address.Port);
        session.Trace = services.Traces.Begin(session.Snapshot.Port, listener.Address.Kind, session.Key.Client.ToEndPoint(), local, null, session.StartedAt);
        if (session.Trace is not { } trace) return;
        trace.Arrived(queued: null);
        TracedPick.OfferTo(trace, tried.Length + 1, session.Snapshot, caller, tried, pin, session.Endpoint);
        trace.BeganSession(session.Endpoint.Address, sockets.NumberOf(session.Pool, session.Port));
    }

    /// <summary>Begins one as it was in another process. False when it cannot be had so: its client's next datagram begins one.</summary>
    public bool TryAdopt(ListenerSessions sessions, in HandedSession handed, UpstreamPools pools, SessionTimes times, long now)
    {
        var key = new SessionKey(handed.Client, handed.Local);
        var snapshot = sessions.Listener.Service.Snapshot!;
        if (handed.StandardClass > (byte)SessionClass.Done || sessions.TryFind(key, out _)) return false;
        if (snapshot.Roster.FindCurrent(handed.Endpoint.ToEndPoint()) is not { } state) return false;
        var session = room.Rent(sessions, now);
        if (!TryPlaceAdopted(session, state, handed, pools))
        {
            register.PutBack(session);
            return false;
        }

        room.Make(sessions, key.Client.Address, now);
        session.Snapshot = snapshot;
        session.Admission = sessions.Listener.Admission;
        session.Begin(sessions, key, register.ListOf(key.Client.Address), now);
        session.Restore(handed, now - times.Of(handed.Age), now - times.Of(handed.Idle));
        register.Enter(session, isNew: false);
        state.Picked();
        if (IsRenewed(session, out var end)) return true;
        ending.End(session, end, now);
        return false;
    }

    private static bool TryPlaceAdopted(UdpSession session, EndpointState state, in HandedSession handed, UpstreamPools pools)
    {
        if (handed.IsKept)
        {
            var kept = UpstreamPools.KeyOfKept(handed.Endpoint.Family);
            if (!pools.KeptOf(kept.Family).TryEnterAdopted(session, handed.Port)) return false;
            session.PlaceKept(state, handed.Endpoint, kept, handed.Port, pools.SourceOf(kept, handed.Port));
            return true;
        }

        var pool = new PoolKey(handed.Endpoint.Family, handed.OfPods);
        if (state.Pod != 0 != handed.OfPods || !pools.Of(pool).TryEnterAdopted(handed.Endpoint, state.Pod, session, handed.Port, out var peer)) return false;
        session.Place(state, handed.Endpoint, pool, peer, handed.Port);
        return true;
    }

    /// <summary>
    /// Decides about a session whose Service has changed since its last datagram, or whose endpoint has refused it. It goes on as it is, or begins anew with
    /// another endpoint.
    /// </summary>
    public bool TryRenew(ref UdpSession session, long now)
    {
        // One without a place has ended already, but for its entry.
        var end = SessionEnd.Refused;
        if (session.IsPlaced && IsRenewed(session, out end)) return true;
        var (sessions, key, refusedBy) = (session.Listener!, session.Key, session.IsPlaced ? null : session.Endpoint);
        ending.End(session, end, now);
        return TryBegin(sessions, key, refusedBy is null ? [] : [refusedBy], now, out session);
    }

    /// <summary>Whether the session may go on under what is declared now, and why it has to end if not.</summary>
    public bool IsRenewed(UdpSession session, out SessionEnd end)
    {
        var listener = session.Listener!.Listener;
        var (snapshot, admission) = (listener.Service.Snapshot!, listener.Admission);
        var client = session.Key.Client.ToEndPoint().Address;
        end = SessionEnd.NotAdmitted;
        if (admission is not null && !admission.Admits(client)) return false;
        end = SessionEnd.EndpointLeft;
        var caller = listener.CallerOf(client, session.Key);
        if (!snapshot.ChoicesOf(caller).Contains(session.Endpoint)) return false;
        end = SessionEnd.ClientAddress;
        if (session.Source is not null && !services.Sources.MayGoOn(snapshot.Port, caller, session.Endpoint)) return false;
        var (before, now) = (session.Snapshot.Settings, snapshot.Settings);
        session.Snapshot = snapshot;
        session.Admission = admission;
        if (before.ProxyProtocol != now.ProxyProtocol || before.ProxyV2Options != now.ProxyV2Options) MakeHeader(session);
        return true;
    }

    /// <summary>The header is made once: each datagram has the same.</summary>
    private void MakeHeader(UdpSession session)
    {
        if (session.Snapshot.Settings.ProxyProtocol != ProxyProtocolVersion.V2)
        {
            session.SetHeader(null, 0);
            return;
        }

        var listener = session.Listener!.Listener;
        var key = session.Key;
        long id = session.Id == 0 ? services.Ids.Next() : session.Id;
        var local = new IPEndPoint(key.Local.ToIPAddress(), listener.Address.Port);
        var options = session.Snapshot.Settings.ProxyV2Options;
        session.SetHeader(ProxyDatagramHeader.Of(key.Client.ToEndPoint(), local, services.Ids.TextOf(id), options, listener.Service.Name), id);
    }
}
