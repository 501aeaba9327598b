using UserProxy.Linux.Kernel;
using UserProxy.Policy;
using UserProxy.Scheduling;
using UserProxy.Udp;

namespace UserProxy.Linux.Datagrams;

/// <summary>
/// Reads what a socket towards endpoints was told of its datagrams (ip(7), IP_RECVERR): ICMP errors and failures of the node itself, each with the address that
/// the datagram went to.
/// </summary>
internal static unsafe class ErrorQueue
{
    /// <summary>The error of one datagram; false when there is none. Reading one clears the socket's pending error, too.</summary>
    /// <param name="fd">With IP_RECVERR or IPV6_RECVERR.</param>
    /// <param name="endpoint">Where the datagram went.</param>
    /// <param name="outcome">What is wrong with the endpoint; null when it is none of its fault (too big for a link: it is cut next time).</param>
    /// <param name="by">Whose host says so: the endpoint's, a router's, our own; nobody's when it is not known.</param>
    public static bool TryRead(int fd, out DatagramAddress endpoint, out ConnectOutcome? outcome, out ClientAddress by)
    {
        const int ControlSize = 256;
        byte* name = stackalloc byte[SockAddr.MaxLength];
        byte* control = stackalloc byte[ControlSize];
        // The beginning of the datagram that failed, which is not needed.
        byte data;
        var vector = new IoVector { Base = &data, Length = 1 };
        var message = new MessageHeader
        {
            Name = name,
            NameLength = SockAddr.MaxLength,
            Vectors = &vector,
            VectorCount = 1,
            Control = control,
            ControlLength = ControlSize,
        };
        endpoint = default;
        outcome = null;
        by = default;
        if (Libc.ReceiveError(fd, &message) < 0) return false;
        if (message.NameLength == 0) return true;
        endpoint = SockAddr.ReadDatagram(name);
        outcome = OutcomeOf(ReadExtended(control, (int)message.ControlLength, out by));
        return true;
    }

    /// <summary>
    /// The same for an error with which the kernel has refused to send: a route or a firewall of this node, mostly. A lack of memory says nothing.
    /// </summary>
    public static ConnectOutcome? OutcomeOfSend(int errno) => errno switch
    {
        // That is always about an earlier datagram, which may have gone to somebody else.
        Errno.ECONNREFUSED or Errno.ENOBUFS or Errno.ENOMEM or Errno.EMSGSIZE => null,
        _ => ConnectOutcome.Unreachable,
    };

    private static ConnectOutcome? OutcomeOf(int errno) => errno switch
    {
        Errno.ECONNREFUSED or Errno.ENOPROTOOPT => ConnectOutcome.Refused,
        Errno.EHOSTUNREACH or Errno.ENETUNREACH or Errno.EHOSTDOWN or Errno.EACCES => ConnectOutcome.Unreachable,
        _ => null,
    };

    /// <summary>ee_errno of the struct sock_extended_err and the offender that follows it (SO_EE_OFFENDER); 0 without one.</summary>
    private static int ReadExtended(byte* control, int length, out ClientAddress offender)
    {
        const int Header = 16, ExtendedError = 16;
        offender = default;
        for (int at = 0; at + Header <= length;)
        {
            int size = (int)*(nuint*)(control + at);
            int level = *(int*)(control + at + 8), type = *(int*)(control + at + 12);
            bool isError = (level == Libc.IPPROTO_IP && type == Libc.IP_RECVERR) || (level == Libc.IPPROTO_IPV6 && type == Libc.IPV6_RECVERR);
            if (isError && size >= Header + ExtendedError)
            {
                byte* sockaddr = control + at + Header + ExtendedError;
                // AF_UNSPEC for an error of the node itself.
                bool isKnown = size >= Header + ExtendedError + 16 && *(ushort*)sockaddr is Libc.AF_INET or Libc.AF_INET6;
                if (isKnown) offender = SockAddr.ReadDatagram(sockaddr).Address;
                return *(int*)(control + at + Header);
            }

            if (size < Header) return 0;
            at += (size + 7) & ~7;
        }

        return 0;
    }
}
