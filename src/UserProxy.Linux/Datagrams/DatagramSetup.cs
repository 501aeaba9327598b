using System.Net;
using System.Net.Sockets;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Loops;
using UserProxy.Linux.Transparent;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Serving;
using UserProxy.Udp;

namespace UserProxy.Linux.Datagrams;

/// <summary>The sockets of the datagram engine and their options (udp(7), ip(7), ipv6(7)).</summary>
internal static unsafe class DatagramSetup
{
    /// <summary>
    /// A burst waits here while a loop is busy; the default of 208 KiB holds 256 small datagrams. A listener is shared by all clients, an upstream socket
    /// has few. Only a limit: memory is taken as datagrams wait.
    /// </summary>
    private const int ListenerBuffer = 4 << 20, UpstreamBuffer = 1 << 20;

    /// <summary>
    /// What a socket towards endpoints sends with by itself: one less than Linux gives, as most datagrams come from a host whose packets have passed no router.
    /// To say so with each of them costs 70 ns.
    /// </summary>
    public const int UsualHops = 63;

    /// <summary>
    /// As many sockets as there are loops, bound to one address, among which the kernel shares out clients by a hash of both addresses (SO_REUSEPORT,
    /// socket(7)). SocketException when the address cannot be had.
    /// </summary>
    public static FileHandle[] Bind(IPEndPoint endpoint, ListenOptions options, int count)
    {
        if (options.Inherited.Count > 0) return Adopt(endpoint, options, count);
        // SO_REUSEPORT would join a foreign socket that has it, too, and share its clients in silence: the first is bound without. It is kept, and not bound
        // anew: a process that is being started has it for a moment, too, and would keep us from the port.
        bool joins = options.Sharing == PortSharing.OverParts;
        var handles = new List<FileHandle>(count) { BindOne(endpoint, options, joins) };
        try
        {
            if (!joins && (count > 1 || options.Sharing != PortSharing.Alone)) SetReusePort(handles[0].Descriptor);
            while (handles.Count < count) handles.Add(BindOne(endpoint, options, shared: true));
        }
        catch
        {
            foreach (var handle in handles) handle.Dispose();
            throw;
        }

        return [.. handles];
    }

    /// <summary>
    /// Those of a predecessor, with what waits in them, and as many more as are missing. There may be more than loops: one that is closed would lose what waits
    /// in it.
    /// </summary>
    private static FileHandle[] Adopt(IPEndPoint endpoint, ListenOptions options, int count)
    {
        var handles = options.Inherited.Select(SocketSetup.Take).ToList();
        try
        {
            foreach (var handle in handles)
            {
                Check(Libc.SetNonBlocking(handle.Descriptor));
                SetListenerOptions(handle.Descriptor, endpoint);
                if (count > 1) SetReusePort(handle.Descriptor);
            }

            while (handles.Count < count) handles.Add(BindOne(endpoint, options, shared: true));
        }
        catch
        {
            foreach (var handle in handles) handle.Dispose();
            throw;
        }

        return [.. handles];
    }

    /// <summary>
    /// A socket towards endpoints; minus errno when it cannot be had. Bound at once: left to its first datagram, a lack of ports (ip_local_port_range of ip(7))
    /// would be found out when sessions have been given it, and told as EAGAIN, as if only the send buffer were full.
    /// </summary>
    public static int OpenUpstream(AddressFamily family)
    {
        bool six = family == AddressFamily.InterNetworkV6;
        int fd = Libc.DatagramSocket(six ? Libc.AF_INET6 : Libc.AF_INET);
        if (fd < 0) return fd;
        if (six) Libc.SetOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, 1);
        // Of the sockets without a peer only those that ask are told of ICMP errors, with the address that they are about.
        if (six) Libc.SetOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_RECVERR, 1);
        else Libc.SetOption(fd, Libc.IPPROTO_IP, Libc.IP_RECVERR, 1);
        SocketSetup.SetHops(fd, six ? Libc.AF_INET6 : Libc.AF_INET, UsualHops);
        SetFragmenting(fd, six);
        SetBuffers(fd, UpstreamBuffer);
        byte* any = stackalloc byte[SockAddr.MaxLength];
        int length = SockAddr.Write(new IPEndPoint(six ? IPAddress.IPv6Any : IPAddress.Any, 0), new Span<byte>(any, SockAddr.MaxLength));
        int result = Libc.Bind(fd, any, length);
        if (result >= 0) return fd;
        _ = Libc.Close(fd);
        return result;
    }

    /// <summary>
    /// A socket with a client's address, towards one endpoint; minus errno when it cannot be had. With the client's own port, unless somebody here has it, or
    /// may want it (<see cref="TransparentBind.IsAnybodys"/>): no two sockets have one address and port, so that no answer finds another session.
    /// </summary>
    public static int OpenKept(DialSource source, in DatagramAddress endpoint)
    {
        int family = SockAddr.Family(source.Address);
        bool six = family == Libc.AF_INET6;
        int fd = Libc.DatagramSocket(family);
        if (fd < 0) return fd;
        if (six) Libc.SetOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_RECVERR, 1);
        else Libc.SetOption(fd, Libc.IPPROTO_IP, Libc.IP_RECVERR, 1);
        SocketSetup.SetHops(fd, family, UsualHops);
        SetFragmenting(fd, six);
        SetBuffers(fd, UpstreamBuffer);
        int result = TransparentBind.SetOptions(fd, family, source.IsBridged);
        if (result >= 0) result = TransparentBind.IsAnybodys(source.Address.Port) ? TransparentBind.BindTo(fd, source.Address) : -Errno.EADDRINUSE;
        if (result == -Errno.EADDRINUSE) result = TransparentBind.BindTo(fd, source.WithAnyPort().Address);
        byte* address = stackalloc byte[SockAddr.MaxLength];
        int length = SockAddr.Write(endpoint, address);
        if (result >= 0) result = Libc.Connect(fd, address, length);
        if (result >= 0) return fd;
        _ = Libc.Close(fd);
        return result;
    }

    private static FileHandle BindOne(IPEndPoint endpoint, ListenOptions options, bool shared)
    {
        bool six = endpoint.AddressFamily == AddressFamily.InterNetworkV6;
        int result = Libc.DatagramSocket(SockAddr.Family(endpoint));
        if (result < 0) throw Errno.ToException(result);
        var handle = new FileHandle(result);
        try
        {
            if (six) Check(Libc.SetOption(result, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, 1));
            if (shared) SetReusePort(result);
            if (options.FreeBind) SetFreeBind(result, six);
            SetListenerOptions(result, endpoint);
            byte* address = stackalloc byte[SockAddr.MaxLength];
            int length = SockAddr.Write(endpoint, new Span<byte>(address, SockAddr.MaxLength));
            Check(Libc.Bind(result, address, length));
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static void SetListenerOptions(int fd, IPEndPoint endpoint)
    {
        bool six = endpoint.AddressFamily == AddressFamily.InterNetworkV6;
        if (endpoint.Address.IsWildcard())
            Check(six ? Libc.SetOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_RECVPKTINFO, 1) : Libc.SetOption(fd, Libc.IPPROTO_IP, Libc.IP_PKTINFO, 1));
        // Asked for, and not refused where a kernel has it not: the datagrams then go on as any other.
        _ = six ? Libc.SetOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_RECVHOPLIMIT, 1) : Libc.SetOption(fd, Libc.IPPROTO_IP, Libc.IP_RECVTTL, 1);
        SetFragmenting(fd, six);
        SetBuffers(fd, ListenerBuffer);
    }


    /// <summary>A datagram that a link cannot take in one piece is cut, and not lost with an error that nobody would be told of.</summary>
    private static void SetFragmenting(int fd, bool six)
    {
        if (six) Libc.SetOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_MTU_DISCOVER, Libc.IP_PMTUDISC_DONT);
        else Libc.SetOption(fd, Libc.IPPROTO_IP, Libc.IP_MTU_DISCOVER, Libc.IP_PMTUDISC_DONT);
    }

    /// <summary>With NET_ADMIN as large as we like, else as large as net.core.rmem_max and wmem_max allow.</summary>
    private static void SetBuffers(int fd, int size)
    {
        if (Libc.SetOption(fd, Libc.SOL_SOCKET, Libc.SO_RCVBUFFORCE, size) < 0) Libc.SetOption(fd, Libc.SOL_SOCKET, Libc.SO_RCVBUF, size);
        if (Libc.SetOption(fd, Libc.SOL_SOCKET, Libc.SO_SNDBUFFORCE, size) < 0) Libc.SetOption(fd, Libc.SOL_SOCKET, Libc.SO_SNDBUF, size);
    }

    private static void SetReusePort(int fd) => Check(Libc.SetOption(fd, Libc.SOL_SOCKET, Libc.SO_REUSEPORT, 1));

    private static void SetFreeBind(int fd, bool six)
    {
        if (six) Libc.SetOption(fd, Libc.IPPROTO_IPV6, Libc.IPV6_FREEBIND, 1);
        else Libc.SetOption(fd, Libc.IPPROTO_IP, Libc.IP_FREEBIND, 1);
    }

    private static void Check(int result)
    {
        if (result < 0) throw Errno.ToException(result);
    }
}
