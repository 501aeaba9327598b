using System.Net.Sockets;
using UserProxy.Linux.Host;

namespace UserProxy.Linux.VirtualIPs;

/// <summary>
/// Routes of virtual IPs that are here while no run has them: one was killed, or left them to the next. Asked by commands that find nobody to answer.
/// </summary>
public static class VirtualIPLeftovers
{
    /// <summary>How many; 0 while a run owns them, and where they cannot be read. It needs no right, and changes nothing.</summary>
    public static int Count()
    {
        if (!OperatingSystem.IsLinux()) return 0;
        try
        {
            if (NamespaceLock.IsHeld(RoutedVirtualIPs.LockName)) return 0;
            using var routes = RouteSocket.Open();
            return routes.Dump().Ours.Count;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException)
        {
            return 0;
        }
    }
}
