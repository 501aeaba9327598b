using System.Net;

namespace UserProxy.Linux.VirtualIPs;

/// <summary>
/// One host route of the table "local": the address that it makes this node's own, and the protocol number that says who added it.
/// </summary>
internal readonly record struct LocalRoute(IPAddress Address, byte Protocol)
{
    /// <summary>
    /// Our mark on a route (rtm_protocol of rtnetlink(7)), by which a crashed run's routes are found again. The kernel does not interpret values
    /// above 4; 117 is assigned in neither linux/rtnetlink.h nor iproute2's rt_protos, is outside the block of FRR (186 to 198), and is the
    /// letter u.
    /// </summary>
    public const byte OurProtocol = 117;

    public bool IsOurs => Protocol == OurProtocol;
}
