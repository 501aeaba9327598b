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

    /// <summary>Of the table family netdev, after all others; by which interface, is not read.</summary>
    public const string Egress = "egress";

    /// <summary>Where conntrack hangs.</summary>
    private const int Conntrack = -200;

    private const int Syn = 2, Push = 8, Ack = 16;

    public Mark Mark { get; init; }

    /// <summary>Of its connection, by conntrack.</summary>
    public Mark ConnectionMark { get; init; }

    /// <summary>Of the base chain that has it.</summary>
    public int Priority { get; init; }

    /// <summary>A rule has told conntrack not to follow it.</summary>
    public Fit IsUntracked { get; init; }

    /// <summary>Conntrack comes later, or is not to be asked, as in the family netdev. Over loopback a packet has its connection from the way out.</summary>
    public Fit IsBeforeConntrack => Hook switch
    {
        Ingress or Egress => Fit.Yes,
        "output" => IsBefore,
        "prerouting" when Connection.Way != Way.Local => IsBefore,
        _ => Fit.No,
    };

    /// <summary>Conntrack knows its connection, with a mark, a direction and a status.</summary>
    public Fit HasConnection => (IsUntracked, IsBeforeConntrack) switch
    {
        (Fit.Yes, _) or (_, Fit.Yes) => Fit.No,
        (Fit.No, Fit.No) => Fit.Yes,
        _ => Fit.Perhaps,
    };

    /// <summary>Those of which conntrack has one for it: a packet that it has not seen is invalid to a rule.</summary>
    public IEnumerable<string> States
    {
        get
        {
            if (IsUntracked != Fit.No) yield return "untracked";
            if (IsUntracked != Fit.Yes && IsBeforeConntrack != Fit.No) yield return "invalid";
            if (IsUntracked != Fit.Yes && IsBeforeConntrack != Fit.Yes) yield return Kind == PacketKind.First ? "new" : "established";
        }
    }

    /// <summary>Who of the same priority comes first is whoever hung last.</summary>
    private Fit IsBefore => Priority < Conntrack ? Fit.Yes : Priority == Conntrack ? Fit.Perhaps : Fit.No;

    public bool IsAnswer => IsBack(Kind);

    public bool IsComing => Hook is Ingress or "prerouting" or "input";

    /// <summary>Empty is any host but this node.</summary>
    public IReadOnlyList<IPAddress> Sources => IsAnswer ? Connection.Servers : Connection.Clients;

    public IReadOnlyList<IPAddress> Destinations => IsAnswer ? Connection.Clients : Connection.Servers;

    /// <summary>Null is the client's, which is any that clients take.</summary>
    public int? SourcePort => IsAnswer ? Connection.Port : null;

    public int? DestinationPort => IsAnswer ? null : Connection.Port;

    public bool IsSourceHere => Connection.Way == Way.Local || (!Connection.IsKept && (Connection.Way == Way.Outgoing) != IsAnswer);

    public bool IsDestinationHere => Connection.Way == Way.Local || (!Connection.IsKept && !IsSourceHere);

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
        return (connection.Way == Way.Outgoing) != IsBack(kind) ? ["output", "postrouting", Egress] : [Ingress, "prerouting", "input"];
    }

    public static bool IsBack(PacketKind kind) => kind is PacketKind.Answer or PacketKind.AnswerData;
}
