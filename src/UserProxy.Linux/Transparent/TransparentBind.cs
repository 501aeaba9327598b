using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using UserProxy.Linux.Host;
using UserProxy.Linux.Kernel;
using UserProxy.Policy;

namespace UserProxy.Linux.Transparent;

/// <summary>
/// Binds a socket to an address of a client (IP_TRANSPARENT of ip(7); IPV6_TRANSPARENT), which the kernel allows with CAP_NET_ADMIN or CAP_NET_RAW. Used by
/// the dials of all transports and for UDP sessions.
/// </summary>
public static unsafe class TransparentBind
{
    private const int LastPrivilegedPort = 1023;

    private static readonly PortRange Ephemeral = PortRange.OfKernel();
    private static readonly ReservedPortList Reserved = ReservedPortList.OfKernel();

    /// <summary>
    /// Nobody counts on binding this port: the kernel may give it to any socket. While a socket of UDP has a port at a client's address, nobody can bind the
    /// same number at all addresses, neither a daemon of the node nor a NodePort; and clients choose their ports.
    /// </summary>
    internal static bool IsAnybodys(int port) => port > LastPrivilegedPort && Ephemeral.Contains(port) && !Reserved.Contains(port);

    /// <summary>As <see cref="Bind(int, DialSource)"/>, for a transport without native code.</summary>
    public static SocketError TryBind(SafeHandle socket, DialSource source)
    {
        bool held = false;
        try
        {
            socket.DangerousAddRef(ref held);
            int result = Bind((int)socket.DangerousGetHandle(), source);
            return result < 0 ? Errno.ToSocketError(-result) : SocketError.Success;
        }
        finally
        {
            if (held) socket.DangerousRelease();
        }
    }

    /// <summary>
    /// A TCP socket that is not connected yet. The port is left to connect(2), which knows the endpoint and gives EADDRNOTAVAIL where the four-tuple is there,
    /// be it in TIME_WAIT. It is narrowed to the client's own by IP_LOCAL_PORT_RANGE (Linux 6.3). Bound here, a port of the kernel's range would be lost to
    /// every other program of the node that asks for any (__inet_hash_connect passes over the ports that somebody has bound): with some hundred clients a
    /// second there would soon be none. A port outside of that range is bound here, as nobody else is given it. Minus errno; EADDRINUSE when the port is
    /// somebody else's.
    /// </summary>
    internal static int Bind(int fd, DialSource source)
    {
        int result = SetOptions(fd, SockAddr.Family(source.Address), source.IsBridged);
        if (result < 0) return result;
        int port = source.Address.Port;
        if (port != 0 && !Ephemeral.Contains(port))
        {
            result = Libc.SetOption(fd, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, 1);
            return result < 0 ? result : BindTo(fd, source.Address);
        }

        // Before 6.3 it is any port.
        if (port != 0) _ = Libc.SetOption(fd, Libc.IPPROTO_IP, Libc.IP_LOCAL_PORT_RANGE, port | (port << 16));
        result = Libc.SetOption(fd, Libc.IPPROTO_IP, Libc.IP_BIND_ADDRESS_NO_PORT, 1);
        return result < 0 ? result : BindTo(fd, new IPEndPoint(source.Address.Address, 0));
    }

    /// <summary>What lets a socket have a client's address; minus errno.</summary>
    internal static int SetOptions(int fd, int family, bool isBridged)
    {
        int result = family == Libc.AF_INET6
            ? Libc.SetOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_TRANSPARENT, 1)
            : Libc.SetOption(fd, Libc.IPPROTO_IP, Libc.IP_TRANSPARENT, 1);
        return result < 0
            ? result
            : Libc.SetOption(fd, Libc.SOL_SOCKET, Libc.SO_MARK, isBridged ? TransparentMarks.Socket | TransparentMarks.Bridged : TransparentMarks.Socket);
    }

    internal static int BindTo(int fd, IPEndPoint source)
    {
        byte* address = stackalloc byte[SockAddr.MaxLength];
        int length = SockAddr.Write(source, new Span<byte>(address, SockAddr.MaxLength));
        int result = Libc.Bind(fd, address, length);
        // A port below 1024, without CAP_NET_BIND_SERVICE: any other will do.
        return result == -Errno.EACCES && source.Port != 0 ? -Errno.EADDRINUSE : result;
    }
}
