using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.VirtualIPs;

/// <summary>
/// A virtual IP out of the link's own subnet, as load balancers hand them out: who speaks for it on the link is for others to decide, so that the
/// node is silent there, and serves what is routed to it all the same.
/// </summary>
public sealed class OnLinkTests
{
    private const int Port = 80;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("192.0.2.100")]
    [InlineData("2001:db8::100")]
    public async Task Neighbour_GetsNoAnswerForTheAddress_ButWhatIsRoutedIsServed(string virtualIP)
    {
        await using var link = await TestLink.CreateAsync();
        var address = IPAddress.Parse(virtualIP);
        bool four = address.AddressFamily == AddressFamily.InterNetwork;
        await using var ips = await Node.OpenAsync(link.Node);
        await ips.ApplyAsync(Node.Addresses(virtualIP), Cancellation);
        using var ours = link.Node.Listen(address, Port);

        (await link.Client.ConnectAsync(address, Port)).ShouldBe(SocketError.HostUnreachable);
        (await link.Client.IpAsync($"neigh show {virtualIP}")).ShouldContain("FAILED");

        await link.Client.IpAsync($"route add {virtualIP} via {(four ? link.Node.Four : link.Node.Six)}");
        (await link.Client.ConnectAsync(address, Port)).ShouldBe(SocketError.Success);
        await link.Client.IpAsync($"route del {virtualIP}");
        if (!four) return;

        // Without the guard the kernel does answer: the case would notice.
        await link.Node.NftAsync("delete table arp userproxy");
        await link.Client.IpAsync("neigh flush all");
        (await link.Client.ConnectAsync(address, Port)).ShouldBe(SocketError.Success);
    }

    /// <summary>The kernel would put the virtual IP as sender into its own ARP request for the client, and the client would store it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AnswerToAnUnknownNeighbour_DoesNotAnnounceTheAddress(bool guarded)
    {
        await using var link = await TestLink.CreateAsync();
        var address = IPAddress.Parse("10.96.0.1");
        await using var ips = await Node.OpenAsync(link.Node);
        await ips.ApplyAsync(Node.Addresses("10.96.0.1"), Cancellation);
        if (!guarded) await link.Node.NftAsync("delete table arp userproxy");
        using var ours = link.Node.Datagrams(address, 53);
        using var client = link.Client.Datagrams(IPAddress.Any, 9999);
        await link.Node.IpAsync("neigh flush all");
        await link.Client.IpAsync("neigh flush all");

        await ours.SendToAsync("answer"u8.ToArray(), new IPEndPoint(link.Client.Four, 9999), Cancellation);

        (await client.ReceiveAsync(new byte[16], Cancellation).AsTask().WaitAsync(TestHost.Patience)).ShouldBe(6);
        (await link.Client.IpAsync("neigh show")).Contains("10.96.0.1", StringComparison.Ordinal).ShouldBe(!guarded);
    }
}
