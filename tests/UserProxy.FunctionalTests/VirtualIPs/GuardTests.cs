using System.Net;
using System.Net.Sockets;
using System.Text;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.VirtualIPs;

namespace UserProxy.FunctionalTests.VirtualIPs;

/// <summary>What is reached through a virtual IP, from another host and from the node itself: our listeners, and never a host daemon.</summary>
public sealed class GuardTests
{
    private const int DaemonPort = 2222;
    private const int OurPort = 80;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("10.96.0.1", "0.0.0.0")]
    [InlineData("10.96.0.1", "::")]
    [InlineData("fd96::1", "::")]
    public async Task HostDaemonOnTcp_IsNotReachedThroughAVirtualIP(string virtualIP, string daemonAddress)
    {
        await using var link = await TestLink.CreateAsync();
        var address = IPAddress.Parse(virtualIP);
        await using var ips = await Node.OpenAsync(link.Node);
        await ips.ApplyAsync(Node.Addresses(virtualIP), Cancellation);
        using var daemon = link.Node.Listen(IPAddress.Parse(daemonAddress), DaemonPort);
        using var ours = link.Node.Listen(address, OurPort);
        var nodeAddress = address.AddressFamily == AddressFamily.InterNetwork ? link.Node.Four : link.Node.Six;

        foreach (var from in new[] { link.Client, link.Node })
        {
            (await from.ConnectAsync(address, OurPort)).ShouldBe(SocketError.Success);
            (await from.ConnectAsync(address, DaemonPort)).ShouldBe(SocketError.ConnectionRefused);
            (await from.ConnectAsync(address, DaemonPort + 1)).ShouldBe(SocketError.ConnectionRefused);
            (await from.ConnectAsync(nodeAddress, DaemonPort)).ShouldBe(SocketError.Success);
        }

        // Without the guard the daemon does answer: the case would notice.
        await link.Node.NftAsync("delete table inet userproxy");
        (await link.Client.ConnectAsync(address, DaemonPort)).ShouldBe(SocketError.Success);
    }

    [Theory]
    [InlineData("10.96.0.1", "0.0.0.0")]
    [InlineData("fd96::1", "::")]
    public async Task HostDaemonOnUdp_IsNotReachedThroughAVirtualIP(string virtualIP, string any)
    {
        await using var link = await TestLink.CreateAsync();
        var address = IPAddress.Parse(virtualIP);
        await using var ips = await Node.OpenAsync(link.Node);
        await ips.ApplyAsync(Node.Addresses(virtualIP), Cancellation);
        using var daemon = link.Node.Datagrams(IPAddress.Parse(any), DaemonPort);
        using var ours = link.Node.Datagrams(address, OurPort);

        foreach (var from in new[] { link.Client, link.Node })
        {
            // Connected, so that it hears of the ICMP answer; its first datagram is refused, or else the second would find the daemon's answer.
            using var client = from.Datagrams(IPAddress.Parse(any), 0);
            await client.ConnectAsync(address, DaemonPort, Cancellation);
            await client.SendAsync("hello?"u8.ToArray(), Cancellation);
            (await Should.ThrowAsync<SocketException>(() => client.ReceiveAsync(new byte[16], Cancellation).AsTask().WaitAsync(TestHost.Patience)))
                .SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);
            daemon.Available.ShouldBe(0);
            await AskAsync(from, ours, address);
        }
    }

    /// <summary>dig and others send DNS from a socket that is bound to nothing: the answer goes to a wildcard socket, at a virtual IP.</summary>
    [Theory]
    [InlineData("10.96.0.1")]
    [InlineData("fd96::1")]
    public async Task UnboundUdpClientOnTheNode_GetsItsAnswer(string virtualIP)
    {
        await using var link = await TestLink.CreateAsync();
        var address = IPAddress.Parse(virtualIP);
        await using var ips = await Node.OpenAsync(link.Node);
        await ips.ApplyAsync(Node.Addresses(virtualIP), Cancellation);
        using var ours = link.Node.Datagrams(address, OurPort);

        await AskAsync(link.Node, ours, address);
    }

    [Fact]
    public async Task RulesetFlushed_GuardIsBackWithItsAddresses()
    {
        await using var link = await TestLink.CreateAsync();
        var log = new Node.Lines();
        var options = Node.Options(link.Node) with { RecheckInterval = TimeSpan.FromMilliseconds(50) };
        await using var ips = await Node.OpenAsync(link.Node, options, log);
        await ips.ApplyAsync(Node.Addresses("10.96.0.1"), Cancellation);
        using var daemon = link.Node.Listen(IPAddress.Any, DaemonPort);

        await link.Node.NftAsync("flush ruleset");

        await Eventually.IsTrue(() => log.Count("rules of the guard; they are back, with 1 addresses") == 1, "the guard is back");
        (await link.Client.ConnectAsync(IPAddress.Parse("10.96.0.1"), DaemonPort)).ShouldBe(SocketError.ConnectionRefused);
    }

    /// <summary>A rule of ours that somebody deletes counts; addresses, counters and the tables of others do not.</summary>
    [Fact]
    public async Task GuardIsRepaired_WhenItsRulesChange_AndOnlyThen()
    {
        await using var link = await TestLink.CreateAsync();
        string calls = Path.GetTempFileName();
        var log = new Node.Lines();
        var options = Node.Options(link.Node) with
        {
            RecheckInterval = TimeSpan.FromMilliseconds(20),
            NftCommand = ["sh", "-c", $"echo >>{calls}; exec ip netns exec {link.Node.Name} nft \"$@\"", "sh"],
        };
        await using var ips = await Node.OpenAsync(link.Node, options, log);
        await ips.ApplyAsync(Node.Addresses("10.96.0.1", "fd96::1"), Cancellation);
        await link.Node.NftAsync("add table inet others");
        (await link.Client.ConnectAsync(IPAddress.Parse("10.96.0.1"), DaemonPort)).ShouldBe(SocketError.ConnectionRefused);

        // Two a check: each table is listed.
        int before = File.ReadAllLines(calls).Length;
        await Eventually.IsTrue(() => File.ReadAllLines(calls).Length > before + 6, "some checks were made");
        log.Count("rules of the guard").ShouldBe(0);

        await link.Node.NftAsync("flush chain inet userproxy guard");
        await Eventually.IsTrue(() => log.Count("rules of the guard") == 1, "the guard is back");
        await ips.DisposeAsync();
        File.Delete(calls);
    }

    [Fact]
    public async Task RulesetFlushed_NextApplyMakesTheGuardAnew()
    {
        await using var link = await TestLink.CreateAsync();
        await using var ips = await Node.OpenAsync(link.Node);
        await ips.ApplyAsync(Node.Addresses("10.96.0.1"), Cancellation);
        await link.Node.NftAsync("flush ruleset");

        await ips.ApplyAsync(Node.Addresses("10.96.0.1", "10.96.0.2"), Cancellation);

        (await link.Node.NftAsync("list set inet userproxy v4")).ShouldContain("{ 10.96.0.1, 10.96.0.2 }");
    }

    [Fact]
    public async Task NoNft_IsRefusedWithTheReason_OrAllowedUnguarded()
    {
        await using var link = await TestLink.CreateAsync();
        var log = new Node.Lines();
        var options = Node.Options(link.Node) with { NftCommand = ["/nonexistent/nft"] };

        var refused = await Node.TryOpenAsync(link.Node, options);
        refused.Opened.ShouldBeNull();
        refused.Obstacle.ShouldBe(VirtualIPObstacle.NoGuard);
        refused.Reason.ShouldContain("install the package nftables");

        await using var unguarded = (await Node.TryOpenAsync(link.Node, options with { AllowUnguarded = true }, log)).Opened.ShouldNotBeNull();
        log.Count("unguarded").ShouldBe(1);
        await unguarded.ApplyAsync(Node.Addresses("10.96.0.1"), Cancellation);
        (await link.Node.OurRoutesAsync()).ShouldBe(["10.96.0.1"]);
    }

    private static async Task AskAsync(TestHost from, Socket server, IPAddress address)
    {
        var any = new IPEndPoint(address.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        using var client = from.Datagrams(any.Address, 0);
        await client.SendToAsync("ask"u8.ToArray(), new IPEndPoint(address, OurPort), Cancellation);
        byte[] buffer = new byte[16];
        var asked = await server.ReceiveFromAsync(buffer, SocketFlags.None, any, Cancellation).AsTask().WaitAsync(TestHost.Patience);
        await server.SendToAsync("answer"u8.ToArray(), asked.RemoteEndPoint, Cancellation);
        var answered = await client.ReceiveFromAsync(buffer, SocketFlags.None, any, Cancellation).AsTask().WaitAsync(TestHost.Patience);
        Encoding.ASCII.GetString(buffer, 0, answered.ReceivedBytes).ShouldBe("answer");
        answered.RemoteEndPoint.ShouldBe(new IPEndPoint(address, OurPort));
    }
}
