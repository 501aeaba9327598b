using System.Net;
using System.Net.Sockets;
using UserProxy.Serving;
using UserProxy.Syncing;

namespace UserProxy.App.Servers.Http;

/// <summary>Makes the sockets of <see cref="HttpPorts"/>: bound, and alone or beside others at their port as they have to be.</summary>
internal static class HttpSockets
{
    /// <summary>The kernel drops the SYN of whoever finds it full, and the next comes a second later: as late as the kubelet gives up.</summary>
    public const int Backlog = 4096;

    /// <summary>Of one family: Kestrel's default makes <c>[::]</c> take IPv4 too, which then cannot be bound on its own.</summary>
    public static Socket Bind(EndPoint endpoint, PortSharing sharing) => Make(endpoint, socket =>
    {
        if (sharing == PortSharing.OverParts) SetReusePort(socket, on: true);
        socket.Bind(endpoint);
        // Bound alone: nobody was there to be joined.
        if (sharing == PortSharing.Part) SetReusePort(socket, on: true);
        if (sharing != PortSharing.OverParts) return;
        socket.Listen(Backlog);
        SetReusePort(socket, on: false);
    });

    /// <summary>A second one at the address of one that has SO_REUSEPORT.</summary>
    public static Socket BindBeside(IPEndPoint endpoint) => Make(endpoint, socket =>
    {
        SetReusePort(socket, on: true);
        socket.Bind(endpoint);
    });

    /// <summary>By a bind to nobody's address, which costs the same whatever the node has.</summary>
    public static bool IsTakenEverywhere(IPEndPoint wildcard)
    {
        // IP_FREEBIND of ip(7), IPV6_FREEBIND of linux/in6.h.
        var (level, freeBind) = wildcard.AddressFamily == AddressFamily.InterNetworkV6 ? (41, 78) : (0, 15);
        using var socket = new Socket(wildcard.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (OperatingSystem.IsLinux()) socket.SetRawSocketOption(level, freeBind, BitConverter.GetBytes(1));
            socket.Bind(new IPEndPoint(NobodysAddress.Of(wildcard.AddressFamily), wildcard.Port));
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.AddressAlreadyInUse;
        }
    }

    /// <summary>As in the transports: by number, as .NET has no name for it alone (SO_REUSEPORT, socket(7)).</summary>
    public static void SetReusePort(Socket socket, bool on)
    {
        if (OperatingSystem.IsLinux()) socket.SetRawSocketOption(1, 15, BitConverter.GetBytes(on ? 1 : 0));
    }

    private static Socket Make(EndPoint endpoint, Action<Socket> bind)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endpoint.AddressFamily == AddressFamily.InterNetworkV6) socket.DualMode = false;
            bind(socket);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
