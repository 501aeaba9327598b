using System.Net;
using System.Runtime.InteropServices;

namespace UserProxy.Linux.Netlink;

/// <summary>Why the kernel refused a change of one route, in words that tell the next step.</summary>
internal readonly record struct RouteFailure(IPAddress Address, int Errno, string? KernelText)
{
    public override string ToString() => $"{Address}: {Describe(Errno, KernelText)}";

    public static string Describe(int errno, string? kernelText) => errno switch
    {
        Linux.Errno.EPERM =>
            "adding local routes is not permitted: it needs CAP_NET_ADMIN (run as root, or give the container the capability NET_ADMIN)",
        Linux.Errno.EEXIST => "the address already has a local route of somebody else (see 'ip route show table local')",
        Linux.Errno.EOPNOTSUPP or Linux.Errno.EAFNOSUPPORT => "the kernel has this address family switched off",
        Linux.Errno.EACCES => $"{kernelText ?? "the device does not take the route"} (sysctl net.ipv6.conf.lo.disable_ipv6?)",
        Linux.Errno.ENODEV or Linux.Errno.ENETDOWN => "the loopback interface is down (ip link set lo up)",
        _ => $"the kernel refused the route: {kernelText ?? Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})",
    };
}
