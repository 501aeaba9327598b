namespace UserProxy.Linux.PortInspection;

/// <summary>How many connections a listening address has, by state and by whether a process has taken them.</summary>
public readonly record struct ConnectionCounts
{
    public int Established { get; init; }

    /// <summary>The client has left, and nobody here has closed.</summary>
    public int CloseWait { get; init; }

    /// <summary>Those in ESTABLISHED and CLOSE_WAIT that no process has accepted.</summary>
    public int Waiting { get; init; }

    /// <summary>Those of <see cref="CloseWait"/> that no process has accepted: whoever waited has given up.</summary>
    public int Abandoned { get; init; }

    /// <summary>Handshakes that have begun.</summary>
    public int Handshakes { get; init; }

    /// <summary>In the states after a close of ours.</summary>
    public int Closing { get; init; }

    /// <summary>Of those in ESTABLISHED and CLOSE_WAIT; a FIN counts as one.</summary>
    public long UnreadBytes { get; init; }

    public int All => Established + CloseWait + Handshakes + Closing;

    /// <summary>With one more.</summary>
    public ConnectionCounts And(in SocketRow row) => row.State switch
    {
        SocketState.Established => this with
        {
            Established = Established + 1,
            Waiting = Waiting + (row.IsUnaccepted ? 1 : 0),
            UnreadBytes = UnreadBytes + row.ReceiveQueue,
        },
        SocketState.CloseWait => this with
        {
            CloseWait = CloseWait + 1,
            Waiting = Waiting + (row.IsUnaccepted ? 1 : 0),
            Abandoned = Abandoned + (row.IsUnaccepted ? 1 : 0),
            UnreadBytes = UnreadBytes + row.ReceiveQueue,
        },
        SocketState.SynReceived => this with { Handshakes = Handshakes + 1 },
        _ => this with { Closing = Closing + 1 },
    };
}
