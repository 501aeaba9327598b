using System.Collections.Concurrent;
using System.Net;
using UserProxy.Linux.Netlink;
using UserProxy.Policy;

namespace UserProxy.Linux.Transparent;

/// <summary>
/// How an endpoint's answers come to this node's routing: by the interfaces of the routes to both ends. Remembers what the kernel has said, until it tells of a
/// change. From any thread; kept by <see cref="TransparentSources"/>.
/// </summary>
/// <param name="ask">The kernel.</param>
internal sealed class AnswerPaths(Func<IPAddress, RouteWay> ask)
{
    /// <summary>Clients come and go: then all is forgotten and asked for again.</summary>
    private const int MostRemembered = 16_384;

    private volatile ConcurrentDictionary<IPAddress, RouteWay> _ways = [];
    private volatile IReadOnlySet<int> _bridges = new HashSet<int>();

    /// <summary>Something about routes or links has changed.</summary>
    public void Forget() => _ways = [];

    /// <summary>Indexes of the bridges that hand answers up. Replaced, never changed.</summary>
    public IReadOnlySet<int> Bridges { set => _bridges = value; }

    public AnswerPath Of(IPAddress endpoint, IPAddress client)
    {
        var (there, back) = (WayTo(endpoint), WayTo(client));
        if (there.Kind == RouteKind.Local || back.Kind == RouteKind.Local) return AnswerPath.Own;
        if (back.Kind == RouteKind.Many) return AnswerPath.Nobody;
        if (there.Kind == RouteKind.Unknown || back.Kind == RouteKind.Unknown) return AnswerPath.Elsewhere;
        // Behind a gateway: not a Pod of this node, or one whose plugin takes packets past the routing.
        if (there is not { Kind: RouteKind.Link, HasGateway: false }) return AnswerPath.Elsewhere;
        // A client that cannot be reached, as a load balancer may tell of one, gets what the load balancer gets: its answers are asked for here all the same.
        if (back.Kind != RouteKind.Link || back.Interface != there.Interface) return AnswerPath.Routed;
        return _bridges.Contains(there.Interface) ? AnswerPath.Bridged : AnswerPath.Elsewhere;
    }

    private RouteWay WayTo(IPAddress address)
    {
        var ways = _ways;
        if (ways.TryGetValue(address, out var known)) return known;
        var way = ask(address);
        // The kernel is asked again.
        if (way.Kind == RouteKind.Unknown) return way;
        // What a change that came meanwhile has made wrong is not remembered: the dictionary is the one from before.
        if (ways.Count < MostRemembered) ways[address] = way;
        else Interlocked.CompareExchange(ref _ways, new ConcurrentDictionary<IPAddress, RouteWay> { [address] = way }, ways);
        return way;
    }
}
