using System.Net.Sockets;
using UserProxy.Policy;

namespace UserProxy.Tcp;

/// <summary>
/// The only place that sorts SocketError codes into what the proxy does about them. Sources: accept(2), connect(2), and the table of
/// measured connect errors (blackhole route EINVAL, prohibit route EACCES, unreachable route EHOSTUNREACH, no route ENETUNREACH).
/// </summary>
public static class SocketErrors
{
    /// <summary>The client was gone before it could be accepted, or the network told of an old trouble: accept again at once.</summary>
    public static bool IsAcceptNoise(SocketError error) => error is
        SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.ProtocolNotSupported or SocketError.ProtocolOption
        or SocketError.NetworkDown or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.HostUnreachable
        or SocketError.OperationNotSupported or SocketError.AccessDenied or SocketError.Interrupted or SocketError.TimedOut
        or SocketError.WouldBlock or SocketError.TryAgain or SocketError.ProtocolFamilyNotSupported;

    /// <summary>Out of descriptors, buffers or memory: pause, then accept again.</summary>
    public static bool IsResourcePressure(SocketError error) => error is
        SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable or SocketError.ProcessLimit;

    /// <summary>What a failed connect says about the endpoint.</summary>
    public static ConnectOutcome ToConnectOutcome(SocketError error) => error switch
    {
        // A RST that answers the SYN is ECONNREFUSED. ECONNRESET, or EPIPE when a FIN came before it, says that the handshake was through (tcp_reset of the
        // kernel).
        SocketError.Success or SocketError.ConnectionReset or SocketError.Shutdown => ConnectOutcome.Connected,
        SocketError.ConnectionRefused or SocketError.ConnectionAborted => ConnectOutcome.Refused,
        SocketError.TimedOut => ConnectOutcome.TimedOut,
        // EINVAL is what a blackhole route gives, EACCES a prohibit route: about the way to the endpoint, not about us.
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.NetworkDown
            or SocketError.InvalidArgument or SocketError.AccessDenied => ConnectOutcome.Unreachable,
        _ => ToLocalFault(error),
    };

    /// <summary>What this node lacked, when not even a socket could be had.</summary>
    public static ConnectOutcome ToLocalFault(SocketError error) => error switch
    {
        SocketError.AddressNotAvailable or SocketError.AddressAlreadyInUse => ConnectOutcome.NoSourcePort,
        SocketError.TooManyOpenSockets or SocketError.ProcessLimit => ConnectOutcome.NoDescriptor,
        SocketError.NoBufferSpaceAvailable => ConnectOutcome.NoMemory,
        _ => ConnectOutcome.LocalFault,
    };
}
