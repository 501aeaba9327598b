using System.Net;
using System.Runtime.InteropServices;

namespace UserProxy.Linux.VirtualIPs;

/// <summary>Why the kernel refused a change of one route, in words that tell the next step.</summary>
internal readonly record struct RouteFailure(IPAddress Address, int Errno, string? KernelText)
{
    public override string ToString() => $"{Address}: {Describe(Errno, KernelText)}";

    public static string Describe(int errno, string? kernelText) => errno switch
    {
        Kernel.Errno.EPERM =>
            "adding local routes is not permitted: it needs CAP_NET_ADMIN (run as root, or give the container the capability NET_ADMIN)",
        Kernel.Errno.EEXIST => "the address already has a local route of somebody else (see 'ip route show table local')",
        Kernel.Errno.EOPNOTSUPP or Kernel.Errno.EAFNOSUPPORT => "the kernel has this address family switched off",
        Kernel.Errno.EACCES => $"{kernelText ?? "the device does not take the route"} (sysctl net.ipv6.conf.lo.disable_ipv6?)",
        Kernel.Errno.ENODEV or Kernel.Errno.ENETDOWN => "the loopback interface is down (ip link set lo up)",
        _ => $"the kernel refused the route: {kernelText ?? Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})",
    };
}
