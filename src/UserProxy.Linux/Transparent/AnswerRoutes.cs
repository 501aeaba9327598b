using UserProxy.Linux.Kernel;
using UserProxy.Linux.Netlink;

namespace UserProxy.Linux.Transparent;

/// <summary>
/// Adds and removes the rules and routes of <see cref="AnswerRouteMessages"/>, in the network namespace of the thread that has opened it. One caller at a time:
/// <see cref="TransparentSources"/> and <see cref="TransparentCleanup"/>.
/// </summary>
internal sealed class AnswerRoutes : IDisposable
{
    private const int LongestMessage = 128;

    private readonly NetlinkQuery _query;

    private AnswerRoutes(NetlinkQuery query) => _query = query;

    /// <exception cref="IOException">There is no such socket to be had.</exception>
    public static AnswerRoutes Open() => new(NetlinkQuery.Open(Libc.NETLINK_ROUTE));

    /// <summary>Adds what is not there; returns how much that was.</summary>
    /// <exception cref="IOException">Why it cannot be: its HResult is the errno.</exception>
    public int Add(int family)
    {
        // The route before the rules that lead to it, and their end before its goto.
        int added = TryAsk((buffer, number) => AnswerRouteMessages.WriteRoute(buffer, add: true, family, number), Errno.EEXIST);
        for (int i = AnswerRouteMessages.Rules - 1; i >= 0; i--) added += Change(i, add: true, family, Errno.EEXIST);
        return added;
    }

    /// <summary>Removes what is there; returns how many rules and routes that were.</summary>
    /// <exception cref="IOException">Some could not be removed.</exception>
    public (int Rules, int Routes) Remove(int family)
    {
        try
        {
            int rules = 0;
            for (int i = 0; i < AnswerRouteMessages.Rules; i++) rules += Change(i, add: false, family, Errno.ENOENT);
            int routes = TryAsk((buffer, number) => AnswerRouteMessages.WriteRoute(buffer, add: false, family, number), Errno.ESRCH);
            return (rules, routes);
        }
        catch (IOException e) when (e.HResult is Errno.EAFNOSUPPORT or Errno.EOPNOTSUPP)
        {
            // A family that the kernel does not have has no rules.
            return default;
        }
    }

    public void Dispose() => _query.Dispose();

    private int Change(int rule, bool add, int family, int unless) =>
        TryAsk((buffer, number) => AnswerRouteMessages.WriteRule(buffer, rule, add, family, number), unless);

    /// <summary>1 when the kernel has done it; 0 when it was so already, which it says by <paramref name="unless"/>.</summary>
    private int TryAsk(NetlinkQuery.Writer write, int unless)
    {
        try
        {
            _query.Ask((buffer, sequence) => write(buffer[..LongestMessage], sequence), _ => false);
            return 1;
        }
        catch (IOException e) when (e.HResult == unless)
        {
            return 0;
        }
    }
}
