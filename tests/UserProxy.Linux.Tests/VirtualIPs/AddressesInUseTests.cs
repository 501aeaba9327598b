using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.VirtualIPs;

namespace UserProxy.Linux.Tests.VirtualIPs;

/// <summary>On loopback, where each address of 127.0.0.0/8 may be an end of a connection.</summary>
public sealed class AddressesInUseTests
{
    private static readonly IPAddress Server = IPAddress.Parse("127.0.77.1"), Client = IPAddress.Parse("127.0.77.2"), Nobody = IPAddress.Parse("127.0.77.3");

    [Fact]
    public void Among_EndsOfAConnection_AreInUseUntilItIsGone()
    {
        using var inUse = AddressesInUse.Open();
        using var listener = Listen(Server);
        inUse.Among([Server, Client, Nobody]).ShouldBeEmpty("who listens has nobody to lose");
        var (client, server) = Connect(listener, Client);

        inUse.Among([Server, Client, Nobody]).ShouldBe([Server, Client], ignoreOrder: true);

        // Answered, and not read yet: the kernel alone has it.
        client.Dispose();
        inUse.Among([Server, Nobody]).ShouldBe([Server]);
        server.LingerState = new LingerOption(true, 0);
        server.Dispose();
        inUse.Among([Server, Client, Nobody]).ShouldBeEmpty();
    }

    /// <summary>As a client of the node has it that connects to a virtual IP: one address for both ends.</summary>
    [Fact]
    public async Task Among_ClientAtTheSameAddressThatNeverCloses_IsNoUse()
    {
        using var inUse = AddressesInUse.Open();
        using var listener = Listen(Nobody);
        var (client, server) = Connect(listener, Nobody);
        using var keeps = client;
        inUse.Among([Nobody]).ShouldBe([Nobody]);

        // The client is told the end; the other end waits for the client's for a second (TCP_LINGER2), and nothing is left but the client.
        server.SetRawSocketOption(6, 8, BitConverter.GetBytes(1));
        server.Dispose();

        await Eventually.IsTrue(() => inUse.Among([Nobody]).Count == 0, "it is no use");
        keeps.Connected.ShouldBeTrue();
    }

    [Fact]
    public void Among_Nothing_AsksNobody()
    {
        using var inUse = AddressesInUse.Open();
        inUse.Among([]).ShouldBeEmpty();
    }

    private static Socket Listen(IPAddress address)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen();
        return listener;
    }

    private static (Socket Client, Socket Server) Connect(Socket listener, IPAddress from)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Bind(new IPEndPoint(from, 0));
        client.Connect(listener.LocalEndPoint!);
        return (client, listener.Accept());
    }
}
