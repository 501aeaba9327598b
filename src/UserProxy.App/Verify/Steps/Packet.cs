using System.Net;
using System.Net.Sockets;
using UserProxy.Model;

namespace UserProxy.App.Verify.Steps;

/// <summary>The first packet of a client of one port, or the answer to it, as <see cref="Firewall"/> sends it through the chains.</summary>
/// <param name="Protocol">Of the port.</param>
/// <param name="Port">That is listened at.</param>
/// <param name="Own">The addresses that it may be meant for, of one family; at least one.</param>
/// <param name="Client">Where it comes from; empty is any host but this node.</param>
/// <param name="IsLocal">A process of this node has made it: it comes by loopback.</param>
/// <param name="IsAnswer">The packet that goes back.</param>
/// <param name="Device">The interface that it comes by, and its answer leaves by; null where that is not known.</param>
internal sealed record Packet(
    TransportProtocol Protocol, int Port, IReadOnlyList<IPAddress> Own, IReadOnlyList<IPAddress> Client, bool IsLocal, bool IsAnswer = false,
    string? Device = null)
{
    public bool IsSix => Own[0].AddressFamily == AddressFamily.InterNetworkV6;
}
