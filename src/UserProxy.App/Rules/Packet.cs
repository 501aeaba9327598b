using System.Net;

namespace UserProxy.App.Rules;

/// <summary>Which packet of a connection.</summary>
internal enum PacketKind
{
    /// <summary>That makes it: of TCP a SYN.</summary>
    First,

    /// <summary>What the server sends back.</summary>
    Answer,

    /// <summary>What the client says to it, and all that it sends after it.</summary>
    Later,

    /// <summary>Of TCP, what carries bytes is marked as such, by either side.</summary>
    Data,
    AnswerData,
}

/// <summary>One packet of a connection at one place of the kernel, with what rules have written on it.</summary>
/// <param name="Connection">Whose.</param>
/// <param name="Kind">Which of it.</param>
/// <param name="Hook">Where it is: <c>input</c>.</param>
internal sealed record Packet(Connection Connection, PacketKind Kind, string Hook)
{
    /// <summary>Of the table family netdev, before all others and before conntrack; by which interface, is not read.</summary>
    public const string Ingress = "ingress";

    private const int Syn = 2, Push = 8, Ack = 16;

    public Mark Mark { get; init; }

    /// <summary>Of its connection, by conntrack.</summary>
    public Mark ConnectionMark { get; init; }

    /// <summary>That conntrack does not follow it.</summary>
    public Fit IsUntracked { get; init; }

    public bool IsAnswer => IsBack(Kind);

    public bool IsComing => Hook is Ingress or "prerouting" or "input";

    /// <summary>Empty is any host but this node.</summary>
    public IReadOnlyList<IPAddress> Sources => IsAnswer ? Connection.Servers : Connection.Clients;

    public IReadOnlyList<IPAddress> Destinations => IsAnswer ? Connection.Clients : Connection.Servers;

    /// <summary>Null is the client's, which is any that clients take.</summary>
    public int? SourcePort => IsAnswer ? Connection.Port : null;

    public int? DestinationPort => IsAnswer ? null : Connection.Port;

    public bool IsSourceHere => Connection.Way == Way.Local || (Connection.Way == Way.Outgoing) != IsAnswer;

    public bool IsDestinationHere => Connection.Way == Way.Local || !IsSourceHere;

    /// <summary>Of TCP.</summary>
    public int Flags => Kind switch
    {
        PacketKind.First => Syn,
        PacketKind.Answer => Syn | Ack,
        PacketKind.Later => Ack,
        _ => Push | Ack,
    };

    /// <summary>Where it passes, in order.</summary>
    public static IReadOnlyList<string> HooksOf(Connection connection, PacketKind kind)
    {
        if (connection.Way == Way.Local) return ["output", "postrouting", "prerouting", "input"];
        return (connection.Way == Way.Outgoing) != IsBack(kind) ? ["output", "postrouting"] : [Ingress, "prerouting", "input"];
    }

    private static bool IsBack(PacketKind kind) => kind is PacketKind.Answer or PacketKind.AnswerData;
}
