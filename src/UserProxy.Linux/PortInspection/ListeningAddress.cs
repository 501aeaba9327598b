using System.Net;
using UserProxy.Model;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// One address and port that is listened on (TCP) or bound (UDP), by one socket or by several that share it, with its connections. Facts of a look.
/// </summary>
public sealed record ListeningAddress
{
    public required TransportProtocol Protocol { get; init; }

    public required IPEndPoint Local { get; init; }

    /// <summary>What a judge of one port is given: the sockets, twice where something waits, and a sample of the connections.</summary>
    public required PortFacts Facts { get; init; }

    /// <summary>Every connection, not only the sample.</summary>
    public ConnectionCounts Connections { get; init; }

    /// <summary>The client addresses with the most connections.</summary>
    public IReadOnlyList<PeerCount> Peers { get; init; } = [];

    /// <summary>How many addresses were counted.</summary>
    public int PeerAddresses { get; init; }

    /// <summary>Connections of addresses for which there was no room.</summary>
    public int PeersUncounted { get; init; }

    /// <summary>The sockets that share the address, in the order of the kernel.</summary>
    public IEnumerable<SocketRow> Sockets => Protocol == TransportProtocol.Udp ? Facts.After : Facts.Listeners;
}
