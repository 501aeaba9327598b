using System.Net.Sockets;

namespace UserProxy.Linux.Kernel;

/// <summary>
/// The errno values that the island tells apart, as values and never as exceptions, and their SocketError twins, so that one table
/// (UserProxy.Tcp.SocketErrors) sorts failures for all transports. Numbers are those of x86-64 and arm64.
/// </summary>
internal static class Errno
{
    public const int EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, EAGAIN = 11, ENOMEM = 12, EACCES = 13, EEXIST = 17, ENODEV = 19, EINVAL = 22, ENFILE = 23,
        EMFILE = 24, EPIPE = 32, EBUSY = 16, ENOSYS = 38, ETIME = 62, ECANCELED = 125;
    public const int EPROTO = 71, EOPNOTSUPP = 95, EAFNOSUPPORT = 97, EADDRINUSE = 98, EADDRNOTAVAIL = 99, ENETDOWN = 100, ENETUNREACH = 101,
        ECONNABORTED = 103, ECONNRESET = 104;
    public const int EMSGSIZE = 90, ENOPROTOOPT = 92, ENOBUFS = 105, ETIMEDOUT = 110, ECONNREFUSED = 111, EHOSTDOWN = 112, EHOSTUNREACH = 113,
        EINPROGRESS = 115;

    public static SocketError ToSocketError(int errno) => errno switch
    {
        0 => SocketError.Success,
        EAGAIN => SocketError.WouldBlock,
        EINTR => SocketError.Interrupted,
        EPERM or EACCES => SocketError.AccessDenied,
        EINVAL => SocketError.InvalidArgument,
        ENFILE or EMFILE => SocketError.TooManyOpenSockets,
        ENOBUFS or ENOMEM => SocketError.NoBufferSpaceAvailable,
        EPROTO => SocketError.ConnectionAborted,
        EPIPE => SocketError.Shutdown,
        EADDRINUSE => SocketError.AddressAlreadyInUse,
        EADDRNOTAVAIL => SocketError.AddressNotAvailable,
        ENETDOWN => SocketError.NetworkDown,
        ENETUNREACH => SocketError.NetworkUnreachable,
        ECONNABORTED => SocketError.ConnectionAborted,
        ECONNRESET => SocketError.ConnectionReset,
        ETIMEDOUT => SocketError.TimedOut,
        ECONNREFUSED => SocketError.ConnectionRefused,
        EHOSTDOWN => SocketError.HostDown,
        EHOSTUNREACH => SocketError.HostUnreachable,
        _ => SocketError.SocketError,
    };

    /// <summary>For setup borders only: the exception for a result of <see cref="Libc"/>.</summary>
    public static SocketException ToException(int result) => new((int)ToSocketError(-result));
}
