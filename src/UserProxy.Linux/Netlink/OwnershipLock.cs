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
    /// <exception cref="IOException">The system denies it: a security module, or no descriptor is left.</exception>
    public static OwnershipLock? TryTake() => TryTake(Name);

    internal static OwnershipLock? TryTake(string name)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Bind(new UnixDomainSocketEndPoint(name));
            var taken = new OwnershipLock(socket);
            socket = null;
            return taken;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return null;
        }
        catch (SocketException e)
        {
            throw new IOException($"the lock of virtual IPs (an abstract Unix socket) cannot be taken: {e.Message}", e);
        }
        finally
        {
            socket?.Dispose();
        }
    }

    public void Dispose() => _socket.Dispose();
}
