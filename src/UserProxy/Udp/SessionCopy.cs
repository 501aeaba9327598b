using UserProxy.Serving;

namespace UserProxy.Udp;

/// <summary>
/// Copies the sessions of one listener on one loop, a few at a time: thousands must not keep datagrams waiting. Made and stepped on the loop; sessions that end
/// meanwhile are left out, later ones are not met.
/// </summary>
public sealed class SessionCopy
{
    private const int StepLength = 512;

    private readonly ListenerSessions _listener;
    private readonly TimeProvider _time;
    private readonly ConnectionIds _ids;
    private readonly UdpSession[] _sessions;
    private readonly List<SessionStatus> _copies;
    private int _next;

    internal SessionCopy(ListenerSessions listener, TimeProvider time, ConnectionIds ids)
    {
        _ids = ids;
        _listener = listener;
        _time = time;
        _sessions = listener.ToArray();
        _copies = new(_sessions.Length);
    }

    /// <summary>Complete when <see cref="Step"/> has returned false.</summary>
    public IReadOnlyList<SessionStatus> Copies => _copies;

    /// <summary>Copies some more; false when that was all.</summary>
    public bool Step()
    {
        long now = _time.GetTimestamp();
        for (int end = Math.Min(_next + StepLength, _sessions.Length); _next < end; _next++)
        {
            // An ended session may serve another flow of this listener by now: a copy of that is as good.
            if (ReferenceEquals(_sessions[_next].Listener, _listener)) _copies.Add(Copy(_sessions[_next], now));
        }

        return _next < _sessions.Length;
    }

    private SessionStatus Copy(UdpSession session, long now)
    {
        var listener = _listener.Listener;
        return new SessionStatus(
            listener.Service.Name,
            listener.Address.Kind,
            session.Key.Client,
            new DatagramAddress(session.Key.Local, (ushort)listener.Address.Port),
            !session.IsPlaced ? null : session.Endpoint.Address,
            session.DatagramsOut > 0,
            _time.GetElapsedTime(session.StartedAt, now),
            _time.GetElapsedTime(session.ActiveAt, now),
            session.BytesIn,
            session.BytesOut)
        {
            Source = session.IsPlaced ? session.Source : null,
            UniqueId = session.Id == 0 ? null : _ids.TextOf(session.Id),
        };
    }
}
