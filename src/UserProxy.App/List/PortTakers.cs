using System.Net;
using UserProxy.Model;
using UserProxy.Syncing;

namespace UserProxy.App.List;

/// <summary>Says who has TCP ports that we wanted. For the HTTP servers of the node agent, when a failure is news, and for the demo.</summary>
internal sealed class PortTakers
{
    private const int MostNamed = 3;

    private readonly IReadOnlyList<BoundSocket> _sockets;

    private PortTakers(IReadOnlyList<BoundSocket> sockets) => _sockets = sockets;

    /// <summary>One walk over all processes, which may take seconds, for any number of ports. Nobody is found where <paramref name="network"/> is null.</summary>
    public static async Task<PortTakers> FindAsync(NodeNetwork? network, params IReadOnlyList<int> ports) =>
        new(network is null || ports.Count == 0 ? [] : await Task.Run(() => network.Find(ports.Select(port => (TransportProtocol.Tcp, port)), withOwners: true)));

    /// <summary><c> by nginx (pid 12) at 0.0.0.0:10256</c>; empty when nobody is seen.</summary>
    public string By(params IEnumerable<IPEndPoint> wanted)
    {
        var takers = _sockets.Where(socket => !socket.IsOurs && wanted.Any(each => socket.Blocks(TransportProtocol.Tcp, each)));
        string words = string.Join(", ", takers.Distinct().Take(MostNamed));
        return words.Length > 0 ? $" by {words}" : "";
    }
}
