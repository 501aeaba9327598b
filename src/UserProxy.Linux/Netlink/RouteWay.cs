namespace UserProxy.Linux.Netlink;

/// <summary>Where a packet to an address would go.</summary>
/// <param name="Kind">Of the route.</param>
/// <param name="Interface">Its index; 0 without one.</param>
/// <param name="HasGateway">Not to the address itself, but to a router.</param>
internal readonly record struct RouteWay(RouteKind Kind, int Interface, bool HasGateway);

/// <summary>What a route leads to.</summary>
internal enum RouteKind
{
    /// <summary>The kernel has not said.</summary>
    Unknown,

    /// <summary>Nothing: no route, or a blackhole.</summary>
    None,

    /// <summary>This node.</summary>
    Local,

    /// <summary>Another machine, by an interface.</summary>
    Link,

    /// <summary>No single host: a broadcast, multicast or anycast address. The kernel binds a socket that asks for one to all addresses.</summary>
    Many,
}
