using System.Net;

namespace UserProxy.App.Rules;

/// <summary>Which packet of a connection.</summary>
internal enum PacketKind
{
    /// <summary>That makes it: of TCP a SYN.</summary>
    First,

    /// <summary>What the server sends back.</summary>
    Answer,

    /// <summary>All that the client sends after it.</summary>
    Later,
}

/// <summary>One packet of a connection at one place of the kernel, with what rules have written on it.</summary>
/// <param name="Connection">Whose.</param>
/// <param name="Kind">Which of it.</param>
/// <param name="Hook">Where it is: <c>input</c>.</param>
internal sealed record Packet(Connection Connection, PacketKind Kind, string Hook)
{
    private const int Syn = 2, Ack = 16;

    public Mark Mark { get; init; }

    /// <summary>Of its connection, by conntrack.</summary>
    public Mark ConnectionMark { get; init; }

    /// <summary>That conntrack does not follow it.</summary>
    public Fit IsUntracked { get; init; }

    public bool IsAnswer => Kind == PacketKind.Answer;

    public bool IsComing => Hook is "prerouting" or "input";

    /// <summary>Empty is any host but this node.</summary>
    public IReadOnlyList<IPAddress> Sources => IsAnswer ? Connection.Servers : Connection.Clients;

    public IReadOnlyList<IPAddress> Destinations => IsAnswer ? Connection.Clients : Connection.Servers;

    /// <summary>Null is the client's, which is any that clients take.</summary>
    public int? SourcePort => IsAnswer ? Connection.Port : null;

    public int? DestinationPort => IsAnswer ? null : Connection.Port;

    public bool IsSourceHere => Connection.Way == Way.Local || (Connection.Way == Way.Outgoing) != IsAnswer;

    public bool IsDestinationHere => Connection.Way == Way.Local || !IsSourceHere;

    /// <summary>Of TCP.</summary>
    public int Flags => Kind switch { PacketKind.First => Syn, PacketKind.Answer => Syn | Ack, _ => Ack };

    /// <summary>Where it passes, in order.</summary>
    public static IReadOnlyList<string> HooksOf(Connection connection, PacketKind kind)
    {
        if (connection.Way == Way.Local) return ["output", "postrouting", "prerouting", "input"];
        return (connection.Way == Way.Outgoing) != (kind == PacketKind.Answer) ? ["output", "postrouting"] : ["prerouting", "input"];
    }
}
