namespace UserProxy.Udp;

/// <summary>What a session has shown of itself: the less, the sooner a full table gives it up (see <see cref="ListenerSessions.Least"/>).</summary>
internal enum SessionClass
{
    /// <summary>No endpoint has answered: a client that is lost, or a source that is forged.</summary>
    Unanswered,

    /// <summary>Answered, and the client has not been heard of since: what a flood of forged sources makes of an endpoint that answers.</summary>
    Answered,

    /// <summary>The client has gone on after an answer: it is there.</summary>
    Established,

    /// <summary>
    /// All the answers have come that its Service declares: it ends very soon, unless its client goes on. Only while many ports are open; else it has ended.
    /// </summary>
    Done,
}
