using System.Net.Sockets;

namespace UserProxy.Linux.Netlink;

/// <summary>
/// One owner of virtual IPs in a network namespace: two would remove each other's routes as leftovers. An abstract Unix socket (unix(7)), bound and
/// never listened on, which ends with the process. Held by <see cref="VirtualIPs"/>, asked for by <see cref="VirtualIPCleanup"/>; the executable's
/// own lock is by admin socket, of which there may be several.
/// </summary>
internal sealed class OwnershipLock : IDisposable
{
    private const string Name = "\0userproxy:virtual-ips";

    private readonly Socket _socket;

    private OwnershipLock(Socket socket) => _socket = socket;

    /// <summary>Null when another process holds it. The namespace is that of the calling thread.</summary>
    public static OwnershipLock? TryTake()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(Name));
            return new OwnershipLock(socket);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            return null;
        }
    }

    public void Dispose() => _socket.Dispose();
}
