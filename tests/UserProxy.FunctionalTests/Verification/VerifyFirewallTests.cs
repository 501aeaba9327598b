using System.Net;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Verification;

/// <summary><c>verify</c> on a node with a firewall, of rules as the kernel has them: who is shut out, what stops dials of the proxy, what is well.</summary>
[StartsProgram]
public sealed class VerifyFirewallTests
{
    private const int PodPort = 8080;

    private const string Web =
        "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: default}, spec: {type: NodePort, ports: [{port: 80, nodePort: 30080}]}}\n---\n"
            + "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: web, namespace: default, labels: {kubernetes.io/service-name: web}}, "
            + "addressType: IPv4, ports: [{port: 8080}], endpoints: [{addresses: ['192.0.2.2'], nodeName: node-1}]}\n---\n";

    private static readonly string[] Asked = ["default/web", "--dial", "--from", "192.0.2.2"];

    /// <summary>What a node has that is well: marks that nobody sets, states of no new connection, flags of no SYN.</summary>
    private const string Healthy =
        "ct state invalid drop; meta mark & 0x8000 == 0x8000 drop; tcp flags & (fin|syn) == fin|syn drop; ip saddr != 127.0.0.0/8 ip daddr 127.0.0.0/8 drop"
            + "; fib daddr type broadcast drop; ct state established,related accept; iif lo accept; tcp dport 30080 accept";

    [Fact]
    public async Task FirewallThatLetsInWhatItShould_IsWell()
    {
        await using var link = await TestLink.CreateAsync();
        await using var node = await StartAsync(link, "input", "drop", Healthy);
        await using var pod = Pod(link);

        (await node.VerifyAsync(Asked)).ShouldBeWell();
        (await node.VerifyAsync("default/web", "--dial", "--from-node")).ShouldBeWell();
    }

    [Theory]
    [InlineData("tcp flags syn / fin,syn,rst,ack drop", "failed", "drops 192.0.2.2")]
    [InlineData("meta mark set 0x1; meta mark 0x1 tcp sport >= 1024 drop", "failed", "drops 192.0.2.2")]
    [InlineData("ip ttl < 5 drop", "cannotBeSeen", "ip ttl < 5 drop")]
    [InlineData("ct state new limit rate over 5/second drop", "cannotBeSeen", "may drop 192.0.2.2")]
    public async Task RuleThatNamesNoPort_IsNoGreen(string rules, string verdict, string words)
    {
        await using var link = await TestLink.CreateAsync();
        await using var node = await StartAsync(link, "input", "accept", rules);
        await using var pod = Pod(link);

        var verified = await node.VerifyAsync("default/web", "--from", "192.0.2.2");

        verified.VerdictOf("shadowed").ShouldBe(verdict, verified.Json.GetRawText());
        verified.WordsOf("shadowed").ShouldContain(words);
    }

    /// <summary>The proxy's SYN, the endpoint's answer, and the command that lets it by: typed in, all is well.</summary>
    [Theory]
    [InlineData("output", "accept", "ip daddr 192.0.2.0/24 tcp dport 8080 reject with tcp reset", "drops the proxy's dial of 192.0.2.2:8080",
        "insert rule inet f c ip daddr 192.0.2.2 tcp dport 8080 accept")]
    [InlineData("input", "drop", "iif lo accept; tcp dport 30080 accept", "drops what 192.0.2.2:8080 answers to the proxy's dial",
        "insert rule inet f c ct state established,related accept")]
    public async Task DialOfTheProxy_ThatARuleStops_IsNamed_AndTheCureCures(string hook, string policy, string rules, string words, string cure)
    {
        await using var link = await TestLink.CreateAsync();
        await using var node = await StartAsync(link, hook, policy, rules);
        await using var pod = Pod(link);

        var verified = await node.VerifyOnceAsync(Asked);

        verified.ShouldName("dial", words);
        verified.Next!.ShouldContain($"sudo nft {cure}");
        await link.Node.NftAsync(cure);
        (await node.VerifyAsync(Asked)).ShouldBeWell();
    }

    /// <summary>New connections are let in, and nothing of what follows.</summary>
    [Fact]
    public async Task FirewallWithoutEstablished_IsNamed_AndTheCureCures()
    {
        await using var link = await TestLink.CreateAsync();
        await using var node = await StartAsync(link, "input", "drop", "iif lo accept; tcp dport 30080 ct state new accept; tcp sport 8080 accept");
        await using var pod = Pod(link);

        var verified = await node.VerifyAsync(Asked);

        verified.ShouldName("shadowed", "drops what follows the first packet of 192.0.2.2");
        verified.Next.ShouldBe("sudo nft insert rule inet f c ct state established,related accept");
        await link.Node.NftAsync(verified.Next!["sudo nft ".Length..]);
        (await node.VerifyAsync(Asked)).ShouldBeWell();
    }

    private static async Task<VerifiedNode> StartAsync(TestLink link, string hook, string policy, string rules)
    {
        await link.Node.NftAsync("add table inet f");
        await link.Node.NftAsync($"add chain inet f c {{ type filter hook {hook} priority 0 ; policy {policy} ; }}");
        foreach (string rule in rules.Split("; "))
            await link.Node.NftAsync($"add rule inet f c {rule}");
        return await VerifiedNode.StartAsync(link.Node, Web, "--cluster-ips", "off", "--node-port-addresses", "192.0.2.0/24");
    }

    private static Backend Pod(TestLink link) => Backend.RunOn(link.Client.Listen(IPAddress.Any, PodPort), Backend.EchoAsync);
}
