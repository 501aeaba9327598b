using System.Runtime.InteropServices;

namespace UserProxy.Linux.Kernel;

/// <summary>The netlink families that only socket diagnostics speak.</summary>
internal static unsafe partial class Libc
{
    public const int NETLINK_SOCK_DIAG = 4, NETLINK_NETFILTER = 12;

    /// <summary>A blocking netlink(7) socket of one family; nothing is to be closed when the result is negative.</summary>
    public static int NetlinkSocket(int family) => Result(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family));

    /// <summary>How many bytes of the target were written; what does not fit is cut off (readlink(2)).</summary>
    public static int ReadLink(string path, Span<byte> target)
    {
        fixed (byte* buffer = target) return (int)Result(readlink(path, buffer, (nuint)target.Length));
    }

#pragma warning disable SYSLIB1054, IDE1006 // the C names, as in the man pages
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint readlink(string path, byte* buffer, nuint size);
#pragma warning restore SYSLIB1054, IDE1006
}
