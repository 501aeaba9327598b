namespace UserProxy.Linux.VirtualIPs;

/// <summary>What <see cref="RouteSocket.Change"/> does to routes.</summary>
internal enum RouteChange
{
    Add,
    Remove,
}
