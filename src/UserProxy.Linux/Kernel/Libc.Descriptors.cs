using System.Runtime.InteropServices;

namespace UserProxy.Linux.Kernel;

/// <summary>Descriptors: whether anybody is at their other end, and on their way to another process (unix(7), SCM_RIGHTS).</summary>
internal static unsafe partial class Libc
{
    private const int SCM_RIGHTS = 1, F_SETFD = 2, FD_CLOEXEC = 1, SO_COOKIE = 57;

    /// <summary>struct cmsghdr on 64 bits, and SCM_MAX_FD of the kernel.</summary>
    private const int ControlHeader = 16, MostRights = 253;

    /// <summary>Nobody is at the other end of it any more.</summary>
    public static bool IsHungUp(int fd)
    {
        // struct pollfd; these are told of whether they are asked for or not, in its last two bytes.
        const int POLLERR = 8, POLLHUP = 16, POLLNVAL = 32;
        int* asked = stackalloc int[2] { fd, 0 };
        return poll(asked, 1, timeout: 0) > 0 && ((asked[1] >> 16) & (POLLERR | POLLHUP | POLLNVAL)) != 0;
    }

    /// <summary>True when something is to be had from it, be it an error or its end; false after that time, and when a signal has come.</summary>
    public static bool WaitUntilReadable(int fd, int milliseconds)
    {
        const int POLLIN = 1;
        int* asked = stackalloc int[2] { fd, POLLIN };
        return poll(asked, 1, milliseconds) > 0;
    }

    /// <summary>The bytes, and with the first of them the descriptors (unix(7), SCM_RIGHTS). How many bytes were taken, or minus errno.</summary>
    public static int SendDescriptors(int fd, byte* bytes, int length, int* descriptors, int count)
    {
        byte* control = stackalloc byte[ControlHeader + (MostRights * sizeof(int))];
        var vector = new Datagrams.IoVector { Base = bytes, Length = (nuint)length };
        var message = new Datagrams.MessageHeader { Vectors = &vector, VectorCount = 1 };
        if (count > 0)
        {
            *(nuint*)control = (nuint)(ControlHeader + (count * sizeof(int)));
            *(int*)(control + 8) = SOL_SOCKET;
            *(int*)(control + 12) = SCM_RIGHTS;
            new ReadOnlySpan<int>(descriptors, count).CopyTo(new Span<int>(control + ControlHeader, count));
            message.Control = control;
            // CMSG_SPACE: up to the next word.
            message.ControlLength = (nuint)((ControlHeader + (count * sizeof(int)) + 7) & ~7);
        }

        nint result;
        do result = Result(sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL));
        while (result == -Errno.EINTR);
        return (int)result;
    }

    /// <summary>
    /// Bytes, and the descriptors that came with the first of them, closed on exec: at most <paramref name="count"/>, which then says how many. Those beyond
    /// the limit of the process are lost. The result is minus errno when nothing has come.
    /// </summary>
    public static int ReceiveDescriptors(int fd, byte* bytes, int length, int* descriptors, int* count)
    {
        int room = ControlHeader + (((*count * sizeof(int)) + 7) & ~7);
        byte* control = stackalloc byte[room];
        var vector = new Datagrams.IoVector { Base = bytes, Length = (nuint)length };
        var message = new Datagrams.MessageHeader { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = (nuint)room };
        *count = 0;
        nint result;
        do result = Result(recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
        while (result == -Errno.EINTR);
        bool hasRights = message.ControlLength >= ControlHeader && *(int*)(control + 8) == SOL_SOCKET && *(int*)(control + 12) == SCM_RIGHTS;
        if (result < 0 || !hasRights) return (int)result;
        *count = ((int)*(nuint*)control - ControlHeader) / sizeof(int);
        new ReadOnlySpan<int>(control + ControlHeader, *count).CopyTo(new Span<int>(descriptors, *count));
        return (int)result;
    }

    /// <summary>FD_CLOEXEC, for a descriptor that came without; minus errno when it is not open.</summary>
    public static int CloseOnExec(int fd) => Result(fcntl_set(fd, F_SETFD, FD_CLOEXEC));

    /// <summary>SO_COOKIE of socket(7): the same for all descriptors of one socket, and never again for another one.</summary>
    public static int SocketCookie(int fd, out ulong cookie)
    {
        ulong value = 0;
        uint length = sizeof(ulong);
        int result = Result(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &value, &length));
        cookie = value;
        return result;
    }

#pragma warning disable SYSLIB1054, IDE1006 // the C names, as in the man pages
    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmsg(int fd, Datagrams.MessageHeader* message, int flags);
#pragma warning restore SYSLIB1054, IDE1006
}
