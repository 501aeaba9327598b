using System.Net;
using System.Runtime.InteropServices;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.SocketFilters;
using UserProxy.Serving;
using UserProxy.Tcp;
using UserProxy.Udp;

namespace UserProxy.Linux.Loops;

/// <summary>
/// The options of every TCP socket of the proxy: no Nagle, urgent bytes inline, keepalive after 60 s at the latest, then 4 probes 15 s apart. Set on a
/// listening socket they are inherited by what it accepts, which saves six system calls a connection.
/// </summary>
internal static unsafe class SocketSetup
{
    private const int KeepAliveIdleSeconds = 60, KeepAliveSpreadSeconds = 30, KeepAliveIntervalSeconds = 15, KeepAliveProbes = 4;

    private static void SetDataOptions(int fd)
    {
        Libc.SetOption(fd, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
        Libc.SetOption(fd, Libc.SOL_SOCKET, Libc.SO_OOBINLINE, 1);
    }

    /// <summary>
    /// For a socket about to be dialled. The ACK that ends the handshake waits for the first bytes, which the client has often sent already, and travels with
    /// them. <see cref="SendHandshakeAck"/> must follow: there may be none, or they may have to wait (tcp(7), TCP_QUICKACK).
    /// </summary>
    /// <param name="loop">Sets them.</param>
    /// <param name="fd">The socket.</param>
    /// <param name="family">Of its addresses.</param>
    /// <param name="hops">As of <see cref="SetHops"/>; 0 leaves the system's.</param>
    public static void SetDialOptions(EventLoop loop, int fd, int family, int hops)
    {
        loop.SetOption(fd, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
        loop.SetOption(fd, Libc.SOL_SOCKET, Libc.SO_OOBINLINE, 1);
        loop.SetOption(fd, Libc.IPPROTO_TCP, Libc.TCP_QUICKACK, 0);
        if (hops == 0) return;
        if (family == Libc.AF_INET6) loop.SetOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_UNICAST_HOPS, hops);
        else loop.SetOption(fd, Libc.IPPROTO_IP, Libc.IP_TTL, hops);
    }

    /// <summary>
    /// Sends the ACK if it is still waiting: a backend that speaks first would learn of its client when the kernel's timer sends it, 200 ms later.
    /// </summary>
    public static void SendHandshakeAck(int fd) => Libc.SetOption(fd, Libc.IPPROTO_TCP, Libc.TCP_QUICKACK, 1);

    /// <summary>What is sent has so many hops (IP_TTL of ip(7), IPV6_UNICAST_HOPS of ipv6(7)).</summary>
    public static void SetHops(int fd, int family, int hops)
    {
        if (family == Libc.AF_INET6) Libc.SetOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_UNICAST_HOPS, hops);
        else Libc.SetOption(fd, Libc.IPPROTO_IP, Libc.IP_TTL, hops);
    }

    /// <summary>As <see cref="TransportConnection.ReadHops"/>, of an accepted socket.</summary>
    public static int ReadHops(int fd, int family)
    {
        int hops = family == Libc.AF_INET6
            ? Libc.GetOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_MULTICAST_HOPS)
            : Libc.GetOption(fd, Libc.IPPROTO_IP, Libc.IP_MULTICAST_TTL);
        return Math.Max(0, hops);
    }

    /// <summary>Sends at once what <see cref="Libc.Send"/> has kept back for more: setting TCP_NODELAY, also when it is set already, pushes (tcp(7)).</summary>
    public static void Push(int fd) => Libc.SetOption(fd, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);

    /// <summary>
    /// For both sockets of a relay, by the first sweep that finds it alive: most connections end sooner. The probes of sockets that were opened together must
    /// not come together: beyond the backlog of a virtual device (net.core.netdev_max_backlog) they are lost, the next ones with them, and the peers are given
    /// up (seen with 8,000 idle connections). So each begins at a time of its own, by its number.
    /// </summary>
    public static void SpreadKeepAlive(int accepted, int dialled)
    {
        Libc.SetOption(accepted, Libc.IPPROTO_TCP, Libc.TCP_KEEPIDLE, KeepAliveIdleSeconds - (accepted % KeepAliveSpreadSeconds));
        SetKeepAlive(dialled, KeepAliveIdleSeconds - (dialled % KeepAliveSpreadSeconds));
    }

    private static void SetKeepAlive(int fd, int idleSeconds)
    {
        Libc.SetOption(fd, Libc.SOL_SOCKET, Libc.SO_KEEPALIVE, 1);
        Libc.SetOption(fd, Libc.IPPROTO_TCP, Libc.TCP_KEEPIDLE, idleSeconds);
        Libc.SetOption(fd, Libc.IPPROTO_TCP, Libc.TCP_KEEPINTVL, KeepAliveIntervalSeconds);
        Libc.SetOption(fd, Libc.IPPROTO_TCP, Libc.TCP_KEEPCNT, KeepAliveProbes);
    }

    /// <summary>
    /// A socket in LISTEN on exactly this address and family, or SocketException. <paramref name="isFiltered"/> says whether the kernel took the admission.
    /// </summary>
    public static FileHandle Listen(IPEndPoint endpoint, int backlog, ListenOptions options, out bool isFiltered)
    {
        if (options.Inherited is [var inherited, ..]) return Adopt(inherited, endpoint, backlog, options, out isFiltered);
        int result = Libc.Socket(SockAddr.Family(endpoint));
        if (result < 0) throw Errno.ToException(result);
        var handle = new FileHandle(result);
        try
        {
            Check(Libc.SetOption(handle.Descriptor, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, 1));
            if (SockAddr.Family(endpoint) == Libc.AF_INET6) Check(Libc.SetOption(handle.Descriptor, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, 1));
            SetDataOptions(handle.Descriptor);
            SetKeepAlive(handle.Descriptor, KeepAliveIdleSeconds);
            if (options.FreeBind) SetFreeBind(handle.Descriptor, SockAddr.Family(endpoint));
            isFiltered = options.Admission is null || SynFilter.TrySet(handle, endpoint.AddressFamily, options.Admission);
            byte* address = stackalloc byte[SockAddr.MaxLength];
            int length = SockAddr.Write(endpoint, new Span<byte>(address, SockAddr.MaxLength));
            if (options.Sharing == PortSharing.OverParts) SetReusePort(handle.Descriptor, on: true);
            Check(Libc.Bind(handle.Descriptor, address, length));
            // Bound alone: nobody was there to be joined.
            if (options.Sharing == PortSharing.Part) SetReusePort(handle.Descriptor, on: true);
            Check(Libc.Listen(handle.Descriptor, backlog));
            if (options.Sharing == PortSharing.OverParts) SetReusePort(handle.Descriptor, on: false);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>
    /// One that a predecessor has left in LISTEN, with clients in its queue maybe, and with its filter and the options of its transport.
    /// </summary>
    private static FileHandle Adopt(SafeHandle inherited, IPEndPoint endpoint, int backlog, ListenOptions options, out bool isFiltered)
    {
        var handle = Take(inherited);
        try
        {
            Check(Libc.SetNonBlocking(handle.Descriptor));
            SetDataOptions(handle.Descriptor);
            SetKeepAlive(handle.Descriptor, KeepAliveIdleSeconds);
            isFiltered = SynFilter.TrySet(handle, endpoint.AddressFamily, options.Admission);
            Check(Libc.Listen(handle.Descriptor, backlog));
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Its descriptor is the result's.</summary>
    public static FileHandle Take(SafeHandle socket)
    {
        var handle = new FileHandle((int)socket.DangerousGetHandle());
        socket.SetHandleAsInvalid();
        return handle;
    }

    /// <summary>A kernel without the option binds what is there, and says so itself when it is not.</summary>
    private static void SetFreeBind(int fd, int family)
    {
        if (family == Libc.AF_INET6) Libc.SetOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_FREEBIND, 1);
        else Libc.SetOption(fd, Libc.IPPROTO_IP, Libc.IP_FREEBIND, 1);
    }

    private static void SetReusePort(int fd, bool on) => Check(Libc.SetOption(fd, Libc.SOL_SOCKET, Libc.SO_REUSEPORT, on ? 1 : 0));

    public static IPEndPoint LocalEndPoint(int fd)
    {
        byte* address = stackalloc byte[SockAddr.MaxLength];
        int length = SockAddr.MaxLength;
        Check(Libc.LocalAddress(fd, address, &length));
        return SockAddr.Read(new ReadOnlySpan<byte>(address, length));
    }

    /// <summary>As <see cref="LocalEndPoint"/>, and nothing is allocated.</summary>
    public static DatagramAddress LocalAddress(int fd)
    {
        byte* address = stackalloc byte[SockAddr.MaxLength];
        int length = SockAddr.MaxLength;
        Check(Libc.LocalAddress(fd, address, &length));
        return SockAddr.ReadDatagram(address);
    }

    private static void Check(int result)
    {
        if (result < 0) throw Errno.ToException(result);
    }
}
