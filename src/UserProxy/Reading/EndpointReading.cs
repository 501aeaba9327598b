using UserProxy.Model;
using UserProxy.Scheduling;

namespace UserProxy.Reading;

/// <summary>One declared endpoint of a service port as it is now.</summary>
/// <param name="Endpoint">As declared.</param>
/// <param name="Used">New connections may go to it.</param>
/// <param name="AsideFor">How much longer failed dials keep it aside; null when they do not.</param>
/// <param name="FailuresInARow">Failed dials since the last success.</param>
/// <param name="ActiveConnections">Dialled or established.</param>
/// <param name="TotalConnections">Established so far.</param>
/// <param name="FailedConnects">Dials that failed so far.</param>
/// <param name="BytesIn">Written to it, of ended and of running connections.</param>
/// <param name="BytesOut">Written to its clients.</param>
/// <param name="Health">What is known of it.</param>
/// <param name="LastDial">How the last dial to it ended.</param>
/// <param name="FailingFor">Since the first failed dial after its last answer; null when the last dial has not failed.</param>
/// <param name="LastDialAgo">How long ago that dial ended, or the last datagram of it came; null when there was none, or nobody knows.</param>
public sealed record EndpointReading(
    Endpoint Endpoint, bool Used = false, TimeSpan? AsideFor = null, int FailuresInARow = 0,
    int ActiveConnections = 0, long TotalConnections = 0, long FailedConnects = 0, long BytesIn = 0, long BytesOut = 0,
    EndpointHealth Health = EndpointHealth.Unknown, LastDial LastDial = LastDial.None, TimeSpan? FailingFor = null,
    TimeSpan? LastDialAgo = null)
{
    /// <summary>What fails are dials that leave with a client's address; else those with this node's.</summary>
    public bool FailsClients { get; init; }

    /// <summary>It fails the ones, and has answered the others.</summary>
    public bool AnswersOthers { get; init; }

    /// <summary>
    /// Running connections of TCP that have sent it something, had nothing back, and have waited for as long as <see cref="EndpointState.Patience"/>.
    /// </summary>
    public int Waiting { get; init; }

    /// <summary>
    /// The lists have it, and it is a listener of this proxy: it is never dialled. False where a route alone makes its address the node's own: the first dial
    /// finds that.
    /// </summary>
    public bool LeadsBack { get; init; }
}
