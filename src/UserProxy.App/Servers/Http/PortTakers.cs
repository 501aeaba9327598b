using System.Net;
using UserProxy.Model;
using UserProxy.Syncing;

namespace UserProxy.App.Servers.Http;

/// <summary>
/// Finds who has TCP ports that we wanted, as the Proxier does for Services. For the HTTP servers of the node agent, at each try, and for the demo.
/// </summary>
internal static class PortTakers
{
    /// <summary>
    /// Names those that are not as they were; the result has these. One walk over all processes at most, which may take seconds, for any number of ports.
    /// </summary>
    /// <param name="network">Asked; null leaves open by whom.</param>
    /// <param name="ports">What is known of each, and where it was wanted.</param>
    public static async Task<HashSet<KnownHolders>> NameNewsAsync(
        NodeNetwork? network, params IReadOnlyList<(KnownHolders Known, IReadOnlyList<IPEndPoint> Wanted)> ports)
    {
        if (ports.Count == 0) return [];
        var seen = await FindAsync(ports, withOwners: false);
        var news = ports.Where(port => port.Known.Update(HoldersOf(port.Wanted, seen))).ToList();
        if (news.Count == 0) return [];
        var named = await FindAsync(news, withOwners: true);
        foreach (var (known, wanted) in news) known.Name(HoldersOf(wanted, named));
        return [.. news.Select(port => port.Known)];

        async Task<IReadOnlyList<BoundSocket>> FindAsync(IEnumerable<(KnownHolders, IReadOnlyList<IPEndPoint> Wanted)> of, bool withOwners) =>
            network is null
                ? []
                : await Task.Run(() => network.Find(of.SelectMany(port => port.Wanted).Select(at => (TransportProtocol.Tcp, at.Port)), withOwners));
    }

    private static IEnumerable<BoundSocket> HoldersOf(IReadOnlyList<IPEndPoint> wanted, IReadOnlyList<BoundSocket> sockets) =>
        BoundSocket.HoldersOf(sockets, TransportProtocol.Tcp, wanted);
}
