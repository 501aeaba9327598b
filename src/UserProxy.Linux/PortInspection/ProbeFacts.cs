using System.Net;

namespace UserProxy.Linux.PortInspection;

/// <summary>All that was seen of one test connection. No byte was sent on it.</summary>
public sealed record ProbeFacts
{
    public required IPEndPoint Target { get; init; }

    public required ProbeOutcome Outcome { get; init; }

    /// <summary>The system's words when it did not connect.</summary>
    public string? Error { get; init; }

    /// <summary>How long the handshake took, or was waited for.</summary>
    public TimeSpan ConnectTime { get; init; }

    /// <summary>The address is one of this node: the other end, if it is a socket of this network namespace, must be in its tables.</summary>
    public bool TargetIsLocal { get; init; }

    /// <summary>The other end as it was seen last, while the connection was held; null when no socket of this network namespace has it.</summary>
    public SocketRow? Child { get; init; }

    /// <summary>After so long a process had it; null when none had, within the wait.</summary>
    public TimeSpan? AcceptedAfter { get; init; }

    /// <summary>How long acceptance was waited for.</summary>
    public TimeSpan Waited { get; init; }

    public PeerEnd PeerEnd { get; init; }

    /// <summary>Bytes that came without being asked for: a process that speaks first.</summary>
    public int BytesReceived { get; init; }

    /// <summary>Whom NAT has put in the target's place; null when nobody, or not to be known.</summary>
    public IPEndPoint? NatTo { get; init; }

    /// <summary>It was ended by RST, because nobody would have read a FIN; else by FIN.</summary>
    public bool EndedByReset { get; init; }

    /// <summary>The process closed its side after our FIN; null when that was not waited for.</summary>
    public bool? ClosedAfterFin { get; init; }
}
