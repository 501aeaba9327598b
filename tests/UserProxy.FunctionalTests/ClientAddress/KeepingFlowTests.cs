using System.Net;
using System.Net.Sockets;
using System.Text;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.ClientAddress;

/// <summary>What goes on over a bridge when the tables that know of it are taken away and come back.</summary>
[StartsProgram]
public sealed class KeepingFlowTests
{
    private const string Keep = "userproxy.io/client-address: keep";

    /// <summary>The endpoint is the first to say something: no packet of ours tells the new table of the flow.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task TablesComeBack_WithTheFlowsThatGoOn(TransportKind transport)
    {
        await using var node = await KeepingNode.CreateAsync();
        IPAddress address = IPAddress.Parse("10.96.0.1"), address6 = IPAddress.Parse("fd00:96::1"), datagramAddress = IPAddress.Parse("10.96.0.2");
        node.Declare(
            node.Service("web", KeepingTests.Inside(address.ToString(), 30011), Keep, "IPv4", "TCP", node.Bridged),
            node.Service("web6", KeepingTests.Inside(address6.ToString(), 30012), Keep, "IPv6", "TCP", node.Bridged),
            node.Service("udp", KeepingTests.Inside(datagramAddress.ToString(), 30013), Keep, "IPv4", "UDP", node.Bridged));
        await node.StartAsync(transport, "--cluster-ips", "on");
        var (sight, stream) = await node.Bridged2.ConnectAsync(address, 80);
        var (sight6, stream6) = await node.Bridged2.ConnectAsync(address6, 80);
        using var closed = stream;
        using var closed6 = stream6;
        using var datagrams = node.Bridged2.Datagrams(node.Bridged2.Address, 0);
        (sight.IsWithPort, sight6.IsWithPort, (await datagrams.SeeAsync(datagramAddress, 80)).IsWithPort).ShouldBe((true, true, true));
        string before = await node.TablesAsync();

        await node.Node.RunAsync("nft", "flush", "ruleset");
        await Eventually.IsTrue(async () => await node.TablesAsync() == before, "the tables are back");
        await node.PodOf(node.Bridged).SpeakAsync("first");

        foreach (var socket in new[] { stream, stream6, datagrams }) (await HearAsync(socket)).ShouldBe("first");
    }

    /// <summary>The answer to a question that was asked twice may come before it: a line.</summary>
    private static async Task<string> HearAsync(Socket socket)
    {
        byte[] buffer = new byte[256];
        using var deadline = new CancellationTokenSource(Eventually.Patience);
        while (true)
        {
            string heard = Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, deadline.Token));
            if (!heard.EndsWith('\n')) return heard;
        }
    }
}
