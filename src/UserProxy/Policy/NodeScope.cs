using System.Net;
using System.Net.Sockets;
using UserProxy.Model;

namespace UserProxy.Policy;

/// <summary>
/// Which addresses belong to this node: its own and those of its Pods. Clients of this node are served from all endpoints at external addresses
/// with Local policy (docs/semantics.md 5.2). Immutable; replaced by <see cref="OwnAddresses"/>.
/// </summary>
internal sealed class NodeScope
{
    private static readonly CidrBlock Loopback4 = new(new IPAddress([127, 0, 0, 0]), 8);
    private static readonly CidrBlock Loopback6 = new(IPAddress.IPv6Loopback, 128);

    private readonly HashSet<IPAddress> _addresses;
    private readonly ValueList<CidrBlock> _blocks4;
    private readonly ValueList<CidrBlock> _blocks6;

    public NodeScope(IEnumerable<IPAddress> addresses, ValueList<CidrBlock> podBlocks)
    {
        _addresses = [.. addresses];
        PodBlocks = podBlocks;
        _blocks4 = BlocksOf(AddressFamily.InterNetwork, Loopback4, 32);
        _blocks6 = BlocksOf(AddressFamily.InterNetworkV6, Loopback6, 128);
    }

    public ValueList<CidrBlock> PodBlocks { get; }

    /// <summary>The addresses of the node's interfaces.</summary>
    public IReadOnlyCollection<IPAddress> Addresses => _addresses;

    /// <summary>Whether the node's interfaces have the address; loopback always counts.</summary>
    public bool IsOwnAddress(IPAddress address) => IPAddress.IsLoopback(address) || _addresses.Contains(address);

    /// <summary>
    /// Whether a connection comes from this node. A process of the node that connects to a virtual IP has that IP as its source, too, as the route
    /// to it is local.
    /// </summary>
    public bool IsOwnClient(IPAddress client, IPAddress connectedTo)
    {
        if (client.Equals(connectedTo) || IsOwnAddress(client)) return true;
        foreach (var block in PodBlocks.AsSpan())
        {
            if (block.Contains(client)) return true;
        }

        return false;
    }

    /// <summary>The same as blocks of one family, for a filter.</summary>
    public ValueList<CidrBlock> Blocks(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? _blocks6 : _blocks4;

    public bool HasAddresses(IReadOnlyCollection<IPAddress> addresses) => _addresses.SetEquals(addresses);

    /// <summary>In a fixed order, so that equal scopes make equal filters.</summary>
    private ValueList<CidrBlock> BlocksOf(AddressFamily family, CidrBlock loopback, int bits) => new(
    [
        loopback,
        .. _addresses.Where(address => address.AddressFamily == family && !loopback.Contains(address))
            .Select(address => new CidrBlock(address, bits)).OrderBy(block => block.ToString(), StringComparer.Ordinal),
        .. PodBlocks.Where(block => block.Family == family),
    ]);
}
