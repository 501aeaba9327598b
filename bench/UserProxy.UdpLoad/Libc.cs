using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;

namespace UserProxy.UdpLoad;

/// <summary>
/// The system calls of the load threads. Not System.Net.Sockets: that has no way to wait for hundreds of sockets on one thread, and its handles, one for
/// each new port, would make the generator the bottleneck. Results are counts, or minus errno.
/// </summary>
internal static partial class Libc
{
    public const int EAGAIN = 11, EADDRINUSE = 98;

    private const int AF_INET = 2, SOCK_DGRAM = 2, SOCK_NONBLOCK = 0x800, EPOLL_CTL_ADD = 1;

    private const uint EPOLLIN = 1;

    /// <summary>struct epoll_event is packed on x86-64 and aligned elsewhere.</summary>
    private static readonly int EventLength = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    public static int Socket() => Result(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0));

    public static int Bind(int fd, IPAddress address, int port) => Result(bind(fd, SocketAddress(address, port), 16));

    public static int Connect(int fd, IPEndPoint to) => Result(connect(fd, SocketAddress(to.Address, to.Port), 16));

    public static int Send(int fd, ReadOnlySpan<byte> datagram) => (int)Result(send(fd, datagram, (nuint)datagram.Length, 0));

    public static int Receive(int fd, Span<byte> buffer) => (int)Result(recv(fd, buffer, (nuint)buffer.Length, 0));

    public static void Close(int fd) => _ = close(fd);

    public static int EpollCreate() => Result(epoll_create1(0));

    public static byte[] EpollEvents(int capacity) => new byte[capacity * EventLength];

    public static int EpollAdd(int epoll, int fd, int data)
    {
        Span<byte> registration = stackalloc byte[16];
        MemoryMarshal.Write(registration, EPOLLIN);
        MemoryMarshal.Write(registration[(EventLength - 8)..], (long)data);
        return Result(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, registration));
    }

    /// <summary>A rate needs waits far below a millisecond, which is all that epoll_wait(2) knows.</summary>
    public static int EpollWait(int epoll, Span<byte> events, TimeSpan timeout)
    {
        ReadOnlySpan<long> timespec = [timeout.Ticks / TimeSpan.TicksPerSecond, timeout.Ticks % TimeSpan.TicksPerSecond * 100];
        return Result(epoll_pwait2(epoll, events, events.Length / EventLength, timespec, 0));
    }

    public static int EpollData(ReadOnlySpan<byte> events, int index) => (int)MemoryMarshal.Read<long>(events[(((index + 1) * EventLength) - 8)..]);

    private static ReadOnlySpan<byte> SocketAddress(IPAddress address, int port)
    {
        var bytes = new byte[16];
        MemoryMarshal.Write(bytes, (ushort)AF_INET);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)port);
        address.TryWriteBytes(bytes.AsSpan(4), out _);
        return bytes;
    }

    private static int Result(int result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();

    private static nint Result(nint result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();

#pragma warning disable IDE1006 // the C names, as in the man pages
    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(int fd, ReadOnlySpan<byte> address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int connect(int fd, ReadOnlySpan<byte> address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(int fd, ReadOnlySpan<byte> buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int fd, Span<byte> buffer, nuint length, int flags);

    [LibraryImport("libc")]
    private static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int epfd, int op, int fd, ReadOnlySpan<byte> registration);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_pwait2(int epfd, Span<byte> events, int maxevents, ReadOnlySpan<long> timeout, nint sigmask);
#pragma warning restore IDE1006
}
