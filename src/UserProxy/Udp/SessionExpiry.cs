namespace UserProxy.Udp;

/// <summary>Ends the sessions that have been quiet for too long. Called by the <see cref="SessionTable"/>'s sweep, and for each session that begins.</summary>
internal sealed class SessionExpiry(SessionTimes times, SessionRegister register, SessionEnding ending)
{
    public void EndQuiet(long now)
    {
        for (int i = register.Active.Count - 1; i >= 0; i--)
        {
            if (i >= register.Active.Count) continue;
            var sessions = register.Active[i];
            var settings = sessions.Listener.Service.Snapshot!.Settings;
            Expire(sessions, SessionClass.Unanswered, settings.UdpUnansweredTimeout, SessionEnd.Unanswered, now);
            Expire(sessions, SessionClass.Answered, settings.UdpIdleTimeout, SessionEnd.Idle, now);
            Expire(sessions, SessionClass.Established, settings.UdpIdleTimeout, SessionEnd.Idle, now);
            EndDone(sessions, now);
        }
    }

    /// <summary>Ends up to <paramref name="most"/> sessions that have had all their answers for a while, the oldest first.</summary>
    public void EndDone(ListenerSessions sessions, long now, int most = int.MaxValue)
    {
        while (most-- > 0 && sessions.Oldest(SessionClass.Done) is { } session && session.ActiveAt <= now - times.Linger)
            ending.End(session, SessionEnd.Responses, now);
    }

    private void Expire(ListenerSessions sessions, SessionClass @class, TimeSpan timeout, SessionEnd end, long now)
    {
        // A session may have been active for as long as a grain after it was listed.
        long before = now - times.Of(timeout) - times.Grain;
        while (sessions.Oldest(@class) is { } session && session.ListedAt <= before) ending.End(session, end, now);
    }
}
