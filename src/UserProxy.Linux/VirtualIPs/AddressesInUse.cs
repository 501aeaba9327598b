using System.Net;
using System.Net.Sockets;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Netlink;
using UserProxy.Linux.PortInspection;

namespace UserProxy.Linux.VirtualIPs;

/// <summary>
/// Finds virtual IPs to which connections go on, so that their routes stay: what the kernel cannot route it does not deliver, not even a RST. Asks the
/// kernel for its TCP sockets (sock_diag(7)) in the network namespace in which it was opened. Used by <see cref="RoutedVirtualIPs"/>, one caller at a time.
/// </summary>
internal sealed class AddressesInUse : IDisposable
{
    private readonly NetlinkQuery? _query;

    private AddressesInUse(NetlinkQuery? query) => _query = query;

    public static AddressesInUse Open()
    {
        try
        {
            return new(NetlinkQuery.Open(Libc.NETLINK_SOCK_DIAG));
        }
        catch (IOException)
        {
            return new(query: null);
        }
    }

    /// <summary>
    /// Those of the addresses at which a connection has something to send or to hear; also one that was closed, and that the kernel finishes. None when the
    /// kernel does not tell.
    /// </summary>
    public HashSet<IPAddress> Among(IReadOnlyCollection<IPAddress> addresses)
    {
        var used = new HashSet<IPAddress>();
        if (_query is null || addresses.Count == 0) return used;
        try
        {
            foreach (var family in addresses.GroupBy(address => address.AddressFamily)) Ask(family, used);
        }
        catch (IOException e) when (e.HResult is Errno.EAGAIN or Errno.ENOBUFS or Errno.ENOMEM)
        {
            // It will tell at the next look.
            used.UnionWith(addresses);
        }
        catch (IOException)
        {
            // Without tcp_diag, or in a sandbox: a route that stays for ever would be worse than one that goes.
        }

        return used;
    }

    public void Dispose() => _query?.Dispose();

    private void Ask(IGrouping<AddressFamily, IPAddress> addresses, HashSet<IPAddress> used)
    {
        // By bytes: there may be a hundred thousand sockets, and almost none of them matters.
        var byBytes = addresses.ToDictionary(DiagMessages.KeyOf);
        int family = addresses.Key == AddressFamily.InterNetworkV6 ? Libc.AF_INET6 : Libc.AF_INET;
        _query!.Ask(
            (buffer, sequence) => DiagMessages.WriteConnections(buffer, family, sequence),
            message =>
            {
                if (message.Type == DiagMessages.ByFamily
                    && DiagMessages.ReadEnds(message.Payload) is { } ends && byBytes.TryGetValue(ends.Local, out var address)
                    && IsUse(ends)) used.Add(address);
                return message.Type != DiagMessages.Done;
            });
    }

    /// <summary>
    /// A client on this node has the virtual IP as its own address, too. If it does not close, though it was told the end, it alone would keep the route; if it
    /// is to hear anything more, the other end is there and counts.
    /// </summary>
    private static bool IsUse(in DiagMessages.Ends ends) => ends.State != SocketState.CloseWait || ends.Local != ends.Remote;
}
