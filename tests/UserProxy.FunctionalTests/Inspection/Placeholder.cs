using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Inspection;

/// <summary>A port that is listened on as kube-proxy did, without accept, and the clients that it makes wait.</summary>
internal static class Placeholder
{
    public const int Port = 30080;
    public const string PortText = "30080";

    /// <summary>As kube-proxy did: listen(128), and no accept ever.</summary>
    public static Socket Hold(TestHost host) => host.Inside(() => Listen(IPAddress.Any, dual: false));

    public static Socket Listen(IPAddress address, bool dual)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (address.AddressFamily == AddressFamily.InterNetworkV6) socket.DualMode = dual;
        socket.Bind(new IPEndPoint(address, Port));
        socket.Listen(128);
        return socket;
    }

    /// <summary>Clients that connect, send 251 bytes if they can, and leave: until the queue is full and everybody has gone.</summary>
    public static async Task LeaveManyAsync(TestHost host, int clients)
    {
        var sockets = host.Inside(
            () => Enumerable.Range(
                0, clients).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false }).ToList());
        foreach (var socket in sockets)
        {
            try
            {
                socket.Connect(new IPEndPoint(IPAddress.Loopback, Port));
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
            }
        }

        // On loopback the handshake is done when connect returns, or the SYN has been dropped.
        foreach (var socket in sockets)
        {
            if (socket.Poll(0, SelectMode.SelectWrite)) await socket.SendAsync(new byte[251]);
            socket.Dispose();
        }

        await Eventually.IsTrue(
            async () => (await Inspected.RunAsync(host, PortText, "--no-probe")) is var now
                && now.Count("ESTABLISHED", owned: false) == 0 && now.Listener.GetProperty("acceptQueue").GetInt32() == 129,
            "the queue is full and all clients have left");
    }
}
