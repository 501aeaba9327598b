using System.Net;
using Microsoft.Extensions.Logging;

namespace UserProxy.Udp;

/// <summary>
/// Ends sessions, whatever the reason: gives back what they hold, counts and logs them. Called by the other parts of a <see cref="SessionTable"/>.
/// </summary>
internal sealed class SessionEnding(DatagramServices services, SessionRegister register, UpstreamPools pools)
{
    public void End(UdpSession session, SessionEnd end, long now)
    {
        var sessions = session.Listener!;
        if (!session.IsPlaced) end = SessionEnd.Refused;
        else LeaveEndpoint(session, now);
        if (services.Log.IsEnabled(LogLevel.Debug)) LogEnd(session, end, now);
        session.Trace?.EndedSession(
            end.Name(), session.Endpoint.Address, (session.DatagramsIn, session.BytesIn), (session.DatagramsOut, session.BytesOut),
            session.Id == 0 ? null : services.Ids.TextOf(session.Id));
        register.Remove(session);
        sessions.Counters.CountEnded(end);
    }

    /// <summary>Returns the port, and counts the session as closed at its endpoint.</summary>
    public void LeaveEndpoint(UdpSession session, long now)
    {
        // The port rests from the last datagram on if no answer is due; else from now on, since one may still come.
        var debt = session.Debt;
        pools.Return(session, debt, debt == AnswerDebt.Owing ? now : session.ActiveAt);
        session.Endpoint.Closed(0, 0);
        session.ClearPlace();
    }

    private void LogEnd(UdpSession session, SessionEnd end, long now)
    {
        var listener = session.Listener!.Listener;
        var client = session.Key.Client.ToEndPoint();
        var local = new IPEndPoint(session.Key.Local.ToIPAddress(), listener.Address.Port);
        double milliseconds = services.Time.GetElapsedTime(session.StartedAt, now).TotalMilliseconds;
        if (session.Id == 0)
        {
            services.Log.SessionEnded(
                listener.Service.Name, client, local, session.Endpoint.Address, end.Name(), session.BytesIn, session.BytesOut, milliseconds);
        }
        else
        {
            services.Log.ToldSessionEnded(
                listener.Service.Name, client, local, session.Endpoint.Address, end.Name(), session.BytesIn, session.BytesOut, milliseconds,
                services.Ids.TextOf(session.Id));
        }
    }
}
