using System.Net;
using System.Net.Sockets;
using UserProxy.Linux.Transparent;
using UserProxy.Model;

namespace UserProxy.App.Rules;

/// <summary>Between whom a connection is, as seen from this node.</summary>
internal enum Way
{
    /// <summary>A host outside asks this node.</summary>
    Incoming,

    /// <summary>Both ends are here: it goes by loopback, whichever of the addresses is asked.</summary>
    Local,

    /// <summary>This node asks a host outside.</summary>
    Outgoing,
}

/// <summary>A connection that is to be, as <see cref="Firewall"/> sends its packets through the chains.</summary>
/// <param name="Protocol">Of the port.</param>
/// <param name="Servers">The addresses that may be asked, of one family; at least one.</param>
/// <param name="Port">That is asked.</param>
/// <param name="Clients">Who may ask; empty is any host but this node.</param>
/// <param name="Way">Between whom it is.</param>
/// <param name="Device">The interface that it comes or leaves by; null where that is not known.</param>
internal sealed record Connection(
    TransportProtocol Protocol, IReadOnlyList<IPAddress> Servers, int Port, IReadOnlyList<IPAddress> Clients, Way Way, string? Device = null)
{
    public bool IsSix => Servers[0].AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>Of this node's own, what leaves has the address of <see cref="Clients"/>, which it has not (docs/semantics.md 16).</summary>
    public bool IsKept { get; init; }

    /// <summary>What is for some clients counts, where any may come: one of them may have come last.</summary>
    public bool IsOfSome { get; init; }

    /// <summary>The interface by its name; null where that is not known.</summary>
    public string? Link => Way == Way.Local ? "lo" : Device;

    /// <summary>That its packets have before any rule of others: of one that is kept our own bits, some of them by the way that it goes.</summary>
    public Mark MarkOf(PacketKind kind) =>
        !IsKept ? default
        : Packet.IsBack(kind) ? new Mark(0, TransparentMarks.Answer)
        : new Mark(TransparentMarks.Socket, TransparentMarks.Bridged);
}
