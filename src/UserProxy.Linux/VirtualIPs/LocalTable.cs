using System.Net;

namespace UserProxy.Linux.VirtualIPs;

/// <summary>The host routes of the table "local" at one moment, both families: our own, and the addresses that others made local.</summary>
internal sealed class LocalTable
{
    public HashSet<IPAddress> Ours { get; } = [];

    public HashSet<IPAddress> Foreign { get; } = [];

    public void Add(LocalRoute route) => (route.IsOurs ? Ours : Foreign).Add(route.Address);
}
