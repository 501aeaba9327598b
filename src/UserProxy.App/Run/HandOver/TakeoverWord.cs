namespace UserProxy.App.Run.HandOver;

/// <summary>
/// What the two processes of a hand-over say to each other, in this order (docs/architecture.md). The numbers, and that the first message is
/// <see cref="Hello"/> with a version, are the same in all versions.
/// </summary>
internal enum TakeoverWord : ushort
{
    /// <summary>The successor, with the version of these messages.</summary>
    Hello = 1,

    /// <summary>The predecessor, with its version, its settings and its locks: whoever has them holds them, too.</summary>
    Welcome = 2,

    /// <summary>The predecessor, with the reason; it serves on.</summary>
    Refused = 3,

    /// <summary>The successor, with its number of loops, knows what to serve; the predecessor changes nothing from now on.</summary>
    Begin = 4,

    /// <summary>The predecessor: some of its sockets, one a line.</summary>
    Sockets = 5,

    /// <summary>The successor has them.</summary>
    Taken = 6,

    /// <summary>The predecessor: these were all.</summary>
    All = 7,

    /// <summary>The successor takes clients.</summary>
    Ready = 8,

    /// <summary>The predecessor takes no clients and decides nothing any more, and could still go back.</summary>
    Yours = 9,

    /// <summary>The successor is who serves, and what: neither goes back.</summary>
    Mine = 10,

    /// <summary>The predecessor has heard it: it closes what it listened on, then the conversation, and drains.</summary>
    Gone = 11,

    /// <summary>The predecessor: some of its sockets towards UDP endpoints, of which nothing is read any more.</summary>
    Upstream = 13,

    /// <summary>The predecessor: some of its UDP sessions.</summary>
    Sessions = 14,

    /// <summary>The predecessor, before its sockets: what its Services remember.</summary>
    Services = 15,

    /// <summary>The predecessor, when it takes no clients any more: what is news of them, and what they have counted.</summary>
    Figures = 16,

    /// <summary>Either one, with the reason: as if nothing had been said.</summary>
    Abandon = 12,
}
