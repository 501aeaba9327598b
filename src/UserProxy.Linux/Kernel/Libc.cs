using System.Runtime.InteropServices;

namespace UserProxy.Linux.Kernel;

/// <summary>
/// The system calls that the island uses, as libc declares them. Results are returned as the kernel gives them: a count, or minus errno (see
/// <see cref="Errno"/>). Calls interrupted by a signal are repeated here and nowhere else.
/// </summary>
internal static unsafe partial class Libc
{
    public const int SOL_SOCKET = 1, SO_REUSEADDR = 2, SO_ERROR = 4, SO_SNDBUF = 7, SO_RCVBUF = 8, SO_KEEPALIVE = 9, SO_OOBINLINE = 10, SO_LINGER = 13,
        SO_REUSEPORT = 15;
    public const int SO_ATTACH_FILTER = 26, SO_DETACH_FILTER = 27, SO_SNDBUFFORCE = 32, SO_RCVBUFFORCE = 33, SO_ATTACH_REUSEPORT_CBPF = 51,
        SO_MARK = 36, SO_MEMINFO = 55, SO_BINDTOIFINDEX = 62;
    public const int IPPROTO_TCP = 6, TCP_NODELAY = 1, TCP_KEEPIDLE = 4, TCP_KEEPINTVL = 5, TCP_KEEPCNT = 6, TCP_INFO = 11, TCP_QUICKACK = 12;
    public const int IPPROTO_IP = 0, IP_TTL = 2, IP_PKTINFO = 8, IP_MTU_DISCOVER = 10, IP_RECVERR = 11, IP_RECVTTL = 12, IP_FREEBIND = 15,
        IP_TRANSPARENT = 19, IP_BIND_ADDRESS_NO_PORT = 24, IP_LOCAL_PORT_RANGE = 51,
        IP_MULTICAST_TTL = 33, IP_PMTUDISC_DONT = 0;
    public const int IPPROTO_IPV6 = 41, IPV6_UNICAST_HOPS = 16, IPV6_MULTICAST_HOPS = 18, IPV6_MTU_DISCOVER = 23, IPV6_RECVERR = 25, IPV6_V6ONLY = 26,
        IPV6_RECVPKTINFO = 49, IPV6_PKTINFO = 50, IPV6_RECVHOPLIMIT = 51, IPV6_HOPLIMIT = 52, IPV6_TRANSPARENT = 75,
        IPV6_FREEBIND = 78;
    public const int AF_INET = 2, AF_INET6 = 10, AF_NETLINK = 16;
    public const int SO_RCVTIMEO = 20;
    public const int SOL_NETLINK = 270, NETLINK_ROUTE = 0, NETLINK_ADD_MEMBERSHIP = 1, NETLINK_CAP_ACK = 10, NETLINK_EXT_ACK = 11;
    public const int NETLINK_GET_STRICT_CHK = 12;
    public const int SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_RAW = 3, SOCK_NONBLOCK = 0x800, SOCK_CLOEXEC = 0x80000;
    public const int O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000;
    public const int EFD_NONBLOCK = 0x800, EFD_CLOEXEC = 0x80000;
    public const int EPOLL_CLOEXEC = 0x80000, EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2;
    public const uint EPOLLIN = 0x001, EPOLLPRI = 0x002, EPOLLOUT = 0x004, EPOLLERR = 0x008, EPOLLHUP = 0x010, EPOLLRDHUP = 0x2000;
    public const uint EPOLLEXCLUSIVE = 1u << 28, EPOLLET = 1u << 31;
    public const int MSG_PEEK = 0x02, MSG_TRUNC = 0x20, MSG_DONTWAIT = 0x40, MSG_WAITALL = 0x100, MSG_ERRQUEUE = 0x2000, MSG_NOSIGNAL = 0x4000,
        MSG_MORE = 0x8000, MSG_CMSG_CLOEXEC = 0x40000000;
    public const int SHUT_WR = 1, SHUT_RDWR = 2;
    public const int F_GETFD = 1, F_GETFL = 3, F_SETFL = 4;
    public const uint SPLICE_F_MOVE = 1, SPLICE_F_NONBLOCK = 2;
    public const nuint SIOCOUTQ = 0x5411;

    public static int EpollCreate() => Result(epoll_create1(EPOLL_CLOEXEC));

    public static int EpollAdd(int epoll, int fd, uint events, ulong data)
    {
        byte* registration = stackalloc byte[16];
        Epoll.EpollEventBuffer.Write(registration, events, data);
        return Result(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, registration));
    }

    public static int EpollRemove(int epoll, int fd) => Result(epoll_ctl(epoll, EPOLL_CTL_DEL, fd, null));

    /// <summary>Not repeated after EINTR: the caller recomputes its timeout.</summary>
    public static int EpollWait(int epoll, byte* events, int capacity, int timeoutMilliseconds) =>
        Result(epoll_wait(epoll, events, capacity, timeoutMilliseconds));

    public static int EventFd() => Result(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));

    public static int Socket(int family) => Result(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));

    public static int DatagramSocket(int family) => Result(socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));

    /// <summary>netlink(7) with rtnetlink(7); nothing is to be closed when the result is negative.</summary>
    public static int RouteSocket(bool blocking) => Result(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK), NETLINK_ROUTE));

    /// <summary>After it a blocking receive ends with EAGAIN (socket(7), SO_RCVTIMEO: struct timeval of two longs).</summary>
    public static int SetReceiveTimeout(int fd, int seconds)
    {
        long* timeval = stackalloc long[2] { seconds, 0 };
        return Result(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, timeval, 2 * sizeof(long)));
    }

    public static int Bind(int fd, byte* address, int length) => Result(bind(fd, address, (uint)length));

    public static int Listen(int fd, int backlog) => Result(listen(fd, backlog));

    public static int Accept(int fd, byte* address, int* length)
    {
        int result;
        do result = Result(accept4(fd, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC));
        while (result == -Errno.EINTR);
        return result;
    }

    /// <summary>Not repeated after EINTR: the connect goes on by itself (connect(2)), as with EINPROGRESS.</summary>
    public static int Connect(int fd, byte* address, int length) => Result(connect(fd, address, (uint)length));

    /// <summary>Ends the connection with RST at once, whoever else holds the socket (connect(2), AF_UNSPEC).</summary>
    public static int Disconnect(int fd)
    {
        const int AF_UNSPEC = 0, AddressLength = 16;
        byte* address = stackalloc byte[AddressLength];
        new Span<byte>(address, AddressLength).Clear();
        *(ushort*)address = AF_UNSPEC;
        return Result(connect(fd, address, AddressLength));
    }

    public static int LocalAddress(int fd, byte* address, int* length) => Result(getsockname(fd, address, length));

    public static int Receive(int fd, byte* buffer, int length)
    {
        nint result;
        do result = Result(recv(fd, buffer, (nuint)length, 0));
        while (result == -Errno.EINTR);
        return (int)result;
    }

    /// <summary>As <see cref="Receive"/>, and the bytes stay in the socket (recv(2), MSG_PEEK).</summary>
    public static int Peek(int fd, byte* buffer, int length)
    {
        nint result;
        do result = Result(recv(fd, buffer, (nuint)length, MSG_PEEK));
        while (result == -Errno.EINTR);
        return (int)result;
    }

    /// <summary>As <see cref="Receive"/>, and the bytes go nowhere: the kernel does not copy them (tcp(7), MSG_TRUNC).</summary>
    public static int Discard(int fd, byte* buffer, int length)
    {
        nint result;
        do result = Result(recv(fd, buffer, (nuint)length, MSG_TRUNC));
        while (result == -Errno.EINTR);
        return (int)result;
    }

    /// <summary><paramref name="moreFollows"/> keeps a last, unfilled packet back for what comes at once: more bytes, or the FIN (send(2), MSG_MORE).</summary>
    public static int Send(int fd, byte* buffer, int length, bool moreFollows = false)
    {
        int flags = moreFollows ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL;
        nint result;
        do result = Result(send(fd, buffer, (nuint)length, flags));
        while (result == -Errno.EINTR);
        return (int)result;
    }

    /// <summary>How many datagrams have come into the first of <paramref name="messages"/>.</summary>
    public static int ReceiveMessages(int fd, Datagrams.MessageHeader* messages, int count)
    {
        int result;
        do result = Result(recvmmsg(fd, messages, (uint)count, MSG_DONTWAIT, null));
        while (result == -Errno.EINTR);
        return result;
    }

    /// <summary>One entry of the socket's error queue (ip(7), IP_RECVERR): its name is where the failed datagram went.</summary>
    public static int ReceiveError(int fd, Datagrams.MessageHeader* message)
    {
        nint result;
        do result = Result(recvmsg(fd, message, MSG_ERRQUEUE | MSG_DONTWAIT));
        while (result == -Errno.EINTR);
        return (int)result;
    }

    /// <summary>How many of <paramref name="messages"/> the kernel has taken; an error is that of the first.</summary>
    public static int SendMessages(int fd, Datagrams.MessageHeader* messages, int count)
    {
        int result;
        do result = Result(sendmmsg(fd, messages, (uint)count, MSG_DONTWAIT | MSG_NOSIGNAL));
        while (result == -Errno.EINTR);
        return result;
    }

    /// <summary>Datagrams discarded because the receive buffer was full (sock_diag(7), SK_MEMINFO_DROPS), or minus errno.</summary>
    public static long ReceiveDrops(int fd)
    {
        const int Variables = 9, Drops = 8;
        uint* memory = stackalloc uint[Variables];
        uint length = Variables * sizeof(uint);
        int result = Result(getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &length));
        return result < 0 ? result : memory[Drops];
    }

    public static int Splice(int from, int to, int length)
    {
        nint result;
        do result = Result(splice(from, null, to, null, (nuint)length, SPLICE_F_MOVE | SPLICE_F_NONBLOCK));
        while (result == -Errno.EINTR);
        return (int)result;
    }

    public static int Pipe(int* ends) => Result(pipe2(ends, O_NONBLOCK | O_CLOEXEC));

    public static int ShutdownWrite(int fd) => Result(shutdown(fd, SHUT_WR));

    public static int ShutdownBoth(int fd) => Result(shutdown(fd, SHUT_RDWR));

    public static int SetOption(int fd, int level, int name, int value) => Result(setsockopt(fd, level, name, &value, sizeof(int)));

    /// <summary>The value, which is none of those that may be negative, or minus errno.</summary>
    public static int GetOption(int fd, int level, int name)
    {
        int value = 0;
        uint length = sizeof(int);
        int result = Result(getsockopt(fd, level, name, &value, &length));
        return result < 0 ? result : value;
    }

    public static int AttachFilter(int fd, SocketFilters.FilterProgram* program) =>
        Result(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, program, (uint)sizeof(SocketFilters.FilterProgram)));

    public static int AttachChoice(int fd, SocketFilters.FilterProgram* program) =>
        Result(setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, program, (uint)sizeof(SocketFilters.FilterProgram)));

    public static int DetachFilter(int fd) => SetOption(fd, SOL_SOCKET, SO_DETACH_FILTER, 0);

    /// <summary>Whether close(2) sends RST instead of FIN and drops what is queued (socket(7), SO_LINGER); so does the end of the process.</summary>
    public static int ResetOnClose(int fd, bool on)
    {
        var linger = new Linger { OnOff = on ? 1 : 0, Seconds = 0 };
        return Result(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, (uint)sizeof(Linger)));
    }

    /// <summary>The pending error of the socket, which this call clears; 0 for none.</summary>
    public static int TakeError(int fd)
    {
        int error = 0;
        uint length = sizeof(int);
        int result = Result(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length));
        return result < 0 ? -result : error;
    }

    public static int GetTcpInfo(int fd, TcpInfo* info)
    {
        uint length = (uint)sizeof(TcpInfo);
        return Result(getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &length));
    }

    /// <summary>Bytes written and not yet acknowledged by the peer (tcp(7), SIOCOUTQ); 0 when the socket is past telling.</summary>
    public static int UnacknowledgedBytes(int fd)
    {
        int bytes = 0;
        return Result(ioctl(fd, SIOCOUTQ, &bytes)) < 0 ? 0 : bytes;
    }

    /// <summary>FD_CLOEXEC or 0, or minus errno when it is not open.</summary>
    public static int GetDescriptorFlags(int fd) => Result(fcntl(fd, F_GETFD));

    /// <summary>O_NONBLOCK belongs to what is open, and so to all processes that have it.</summary>
    public static int SetNonBlocking(int fd)
    {
        int flags = Result(fcntl(fd, F_GETFL));
        return flags < 0 || (flags & O_NONBLOCK) != 0 ? flags : Result(fcntl_set(fd, F_SETFL, flags | O_NONBLOCK));
    }

    public static int Terminate(int pid) => Result(kill(pid, SIGTERM));

    /// <summary>Not repeated after EINTR: on Linux the descriptor is gone by then (close(2)).</summary>
    public static int Close(int fd) => close(fd);

    public static void Signal(int eventFd)
    {
        ulong one = 1;
        _ = write(eventFd, &one, sizeof(ulong));
    }

    public static void ClearSignal(int eventFd)
    {
        ulong count;
        _ = read(eventFd, &count, sizeof(ulong));
    }

    public static int Write(int fd, byte* bytes, int length)
    {
        nint result;
        do result = Result(write(fd, bytes, (nuint)length));
        while (result == -Errno.EINTR);
        return (int)result;
    }

    /// <summary>Returns too when an error is to be had from the next write, or a signal has come.</summary>
    public static void WaitUntilWritable(int fd)
    {
        // struct pollfd of poll(2): the descriptor, what is asked, what is so.
        const int POLLOUT = 4, Forever = -1;
        int* asked = stackalloc int[2] { fd, POLLOUT };
        _ = poll(asked, 1, Forever);
    }

    /// <summary>A descriptor of a file or a folder, to read.</summary>
    public static int Open(string path)
    {
        int result;
        do result = Result(open(path, O_CLOEXEC));
        while (result == -Errno.EINTR);
        return result;
    }

    public static int Sync(int fd)
    {
        int result;
        do result = Result(fsync(fd));
        while (result == -Errno.EINTR);
        return result;
    }

    private static int Result(int result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();

    private static nint Result(nint result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();

#pragma warning disable SYSLIB1054, IDE1006 // the C names, as in the man pages
    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int epfd, int op, int fd, byte* registration);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(int epfd, byte* events, int maxevents, int timeout);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint initval, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(int fd, byte* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int listen(int fd, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int accept4(int fd, byte* address, int* length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int connect(int fd, byte* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getsockname(int fd, byte* address, int* length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int recvmmsg(int fd, Datagrams.MessageHeader* messages, uint count, int flags, void* timeout);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sendmmsg(int fd, Datagrams.MessageHeader* messages, uint count, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(int fd, Datagrams.MessageHeader* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint splice(int fdIn, long* offIn, int fdOut, long* offOut, nuint length, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int fd, nuint request, int* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int shutdown(int fd, int how);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int fd, int command);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int fcntl_set(int fd, int command, nint value);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(int fd, int level, int name, void* value, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getsockopt(int fd, int level, int name, void* value, uint* length);

    [LibraryImport("libc")]
    private static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int fd);

    [LibraryImport("libc")]
    private static partial nint read(int fd, void* buffer, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int fd, void* buffer, nuint length);

    [LibraryImport("libc")]
    private static partial int poll(int* descriptors, nuint count, int timeout);
#pragma warning restore SYSLIB1054, IDE1006
}

/// <summary>struct linger of socket(7).</summary>
internal struct Linger
{
    public int OnOff;
    public int Seconds;
}
