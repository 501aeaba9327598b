namespace UserProxy.Linux;

/// <summary>The netlink families that only socket diagnostics speak.</summary>
internal static unsafe partial class Libc
{
    public const int NETLINK_SOCK_DIAG = 4, NETLINK_NETFILTER = 12;

    /// <summary>A blocking netlink(7) socket of one family; nothing is to be closed when the result is negative.</summary>
    public static int NetlinkSocket(int family) => Result(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family));
}
