using UserProxy.Model;
using UserProxy.Reading;
using UserProxy.Scheduling;

namespace UserProxy.App.Servers.Admin;

/// <summary>The words for what is known of endpoints: in JSON, in tables and in prose alike.</summary>
internal static class HealthWords
{
    public const string Answering = "answering", Failing = "failing", Aside = "aside", Unready = "unready", Draining = "draining", Unknown = "unknown",
        Unanswered = "unanswered", Silent = "silent";

    /// <summary>What ICMP says of a UDP port where nobody listens.</summary>
    public const string PortUnreachable = "port unreachable";

    /// <summary>The error of an endpoint that is a listener of this proxy.</summary>
    public const string Loop = "loop";

    private const string Client = "client", Node = "node", Refused = "refused";

    /// <summary>Nothing has come back from it, and nothing has failed: nobody knows whether it answers.</summary>
    public static bool IsUndecided(string state) => state is Unknown or Unanswered;

    public static string Of(EndpointHealth health) => health switch
    {
        EndpointHealth.Answering => Answering,
        EndpointHealth.Failing => Failing,
        EndpointHealth.Aside => Aside,
        EndpointHealth.Unready => Unready,
        EndpointHealth.Draining => Draining,
        EndpointHealth.Unanswered => Unanswered,
        EndpointHealth.Silent => Silent,
        _ => Unknown,
    };

    /// <summary>As the label <c>reason</c> of userproxy_connect_failures_total; null when the last dial has not failed.</summary>
    public static string? ErrorOf(LastDial dial) => dial switch
    {
        LastDial.Refused => Refused,
        LastDial.TimedOut => "timeout",
        LastDial.Unreachable => "unreachable",
        LastDial.LocalFault => "local",
        LastDial.Loop => Loop,
        _ => null,
    };

    /// <summary>The word of <see cref="ErrorOf"/> for people: nobody refuses a datagram.</summary>
    public static string Shown(string error, bool isUdp) => isUdp && error == Refused ? PortUnreachable : error;

    /// <summary>Which dials an endpoint fails while it answers the others: <c>client</c> (those that leave with a client's address) or <c>node</c>.</summary>
    public static string? FailsOnly(EndpointReading reading) => !reading.AnswersOthers ? null : reading.FailsClients ? Client : Node;

    /// <summary>The same in a sentence: <c>failing for 3s: ...</c></summary>
    public static string Sentence(LastDial dial, TransportProtocol protocol) => (dial, protocol) switch
    {
        (LastDial.Refused, TransportProtocol.Udp) => $"its host answered \"{PortUnreachable}\"",
        (LastDial.LocalFault, TransportProtocol.Udp) => "this node could not send to it (no port, descriptor or permission)",
        (LastDial.Loop, TransportProtocol.Udp) => "the datagram would come back to this proxy",
        (LastDial.Refused, _) => "the connection was refused",
        (LastDial.TimedOut, _) => "nothing answered in time",
        (LastDial.Unreachable, _) => "the network says that there is no way to it",
        (LastDial.LocalFault, _) => "this node could not dial (no port, descriptor or permission)",
        (LastDial.Loop, _) => "the connection would come back to this proxy",
        _ => "",
    };
}
