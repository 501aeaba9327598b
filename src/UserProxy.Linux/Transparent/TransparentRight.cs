using UserProxy.Linux.Kernel;

namespace UserProxy.Linux.Transparent;

/// <summary>Whether this process may bind to others' addresses: asked of the kernel with a socket that is then closed.</summary>
internal static class TransparentRight
{
    private const string Needs = "it needs CAP_NET_ADMIN (run as root, or give the container the capability NET_ADMIN)";

    /// <summary>Null when it may.</summary>
    public static string? WhyNot()
    {
        int fd = Libc.Socket(Libc.AF_INET);
        if (fd < 0) return "no socket can be had";
        try
        {
            return TransparentBind.SetOptions(fd, Libc.AF_INET, isBridged: false) switch
            {
                >= 0 => null,
                -Errno.EPERM => $"binding to clients' addresses is not permitted: {Needs}",
                var result => $"the kernel does not bind to clients' addresses ({System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(-result)})",
            };
        }
        finally
        {
            _ = Libc.Close(fd);
        }
    }

    /// <summary>Of a rule or route that the kernel has refused.</summary>
    public static string Describe(IOException refusal) => refusal.HResult switch
    {
        Errno.EPERM => $"rules of routing may not be changed: {Needs}",
        Errno.EOPNOTSUPP => "the kernel has no policy routing (CONFIG_IP_MULTIPLE_TABLES)",
        _ => $"the kernel refused a rule or route: {refusal.Message}",
    };
}
