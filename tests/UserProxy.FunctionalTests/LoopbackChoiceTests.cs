using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.SocketFilters;

namespace UserProxy.FunctionalTests;

/// <summary>The running kernel: who fills the queue from elsewhere leaves the node's own one empty, whichever of its addresses is asked.</summary>
[Collection(nameof(Alone))]
public sealed class LoopbackChoiceTests
{
    private const int SolSocket = 1, ReusePort = 15, Port = 10256;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TrySet_QueueIsFullFromElsewhere_TheNodeConnectsAtEachAddress(bool six)
    {
        await using var link = await TestLink.CreateAsync();
        var (any, node, loopback) = six
            ? (IPAddress.IPv6Any, link.Node.Six, IPAddress.IPv6Loopback)
            : (IPAddress.Any, link.Node.Four, IPAddress.Loopback);
        using var first = Create(link.Node, any);
        Bind(first, any);
        LoopbackChoice.TrySet(first.SafeHandle).ShouldBeTrue();
        using var second = Create(link.Node, any);
        Bind(second, any);

        var crowd = new List<Socket>();
        try
        {
            for (int i = 0; i < 8; i++)
            {
                crowd.Add(Create(link.Client, any));
                crowd[^1].Blocking = false;
                try
                {
                    crowd[^1].Connect(new IPEndPoint(node, Port));
                }
                catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
                {
                }
            }

            // One more than its backlog.
            await Eventually.IsTrue(() => crowd.Count(client => client.Poll(0, SelectMode.SelectWrite)) == 2, "the first is full");
            foreach (var address in (IPAddress[])[node, loopback])
            {
                using var client = Create(link.Node, any);
                // The answer to a SYN that is dropped comes a second later: nobody waits for that here.
                await client.ConnectAsync(new IPEndPoint(address, Port), TestContext.Current.CancellationToken);
                using var accepted = await second.AcceptAsync(TestContext.Current.CancellationToken);
                accepted.RemoteEndPoint.ShouldBe(client.LocalEndPoint);
            }

            second.Poll(0, SelectMode.SelectRead).ShouldBeFalse();
        }
        finally
        {
            foreach (var client in crowd) client.Dispose();
        }
    }

    private static Socket Create(TestHost host, IPAddress family) =>
        NamespaceThread.Run(host.Name, () => new Socket(family.AddressFamily, SocketType.Stream, ProtocolType.Tcp));

    private static void Bind(Socket socket, IPAddress any)
    {
        if (any.AddressFamily == AddressFamily.InterNetworkV6) socket.DualMode = false;
        socket.SetRawSocketOption(SolSocket, ReusePort, BitConverter.GetBytes(1));
        socket.Bind(new IPEndPoint(any, Port));
        socket.Listen(1);
    }
}
