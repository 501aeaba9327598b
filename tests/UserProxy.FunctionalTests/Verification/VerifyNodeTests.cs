using System.Globalization;
using System.Net;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Verification;

/// <summary>
/// <c>verify</c> on a node of its own, with everything switched on: Services of several shapes that are well, and one planted fault for each step that is about
/// the node. Those about the cluster are in <see cref="VerifyClusterTests"/>.
/// </summary>
[StartsProgram]
public sealed class VerifyNodeTests
{
    private const int NodePort = 30080, PodPort = 8080;

    private static readonly string[] All = ["--dial", "--from-node"];

    private static readonly string[] Virtual = ["--cluster-ips", "on", "--load-balancer-ips", "--node-port-addresses", "192.0.2.0/24"];

    private static readonly string[] Plain = ["--cluster-ips", "off", "--node-port-addresses", "192.0.2.0/24"];

    [Fact]
    public async Task NodePort_IsWell()
    {
        await using var link = await TestLink.CreateAsync();
        await using var pod = Pod(link.Client);
        await using var node = await VerifiedNode.StartAsync(link.Node, Web(link.Client), "--cluster-ips", "off");

        var verified = await node.VerifyAsync(["default/web", .. All]);

        verified.ShouldBeWell();
        foreach (string step in (string[])["service", "slices", "ports", "ready", "listening", "kernel", "client", "dial", "connection"])
            verified.VerdictOf(step).ShouldBe("ok", step);
        verified.VerdictOf("selector").ShouldBe("notAsked");
        // By loopback and by the node's address.
        verified.WordsOf("connection").ShouldContain("127.0.0.1:30080 (NodePort) came to 192.0.2.2:8080");
        verified.WordsOf("connection").ShouldContain("192.0.2.1:30080 (NodePort) came to 192.0.2.2:8080");
        verified.WordsOf("listening").ShouldContain("userproxy (pid ");
    }

    [Theory]
    [InlineData("ipproto tcp dport 8080", "a dial of 192.0.2.2:8080")]
    [InlineData("ipproto tcp sport 30080", "an answer of port 30080 to 192.0.2.2")]
    public async Task RoutingRuleByPort_WithoutARoute_IsADoubt(string rule, string says)
    {
        await using var link = await TestLink.CreateAsync();
        await using var node = await VerifiedNode.StartAsync(link.Node, Web(link.Client), Plain);
        string[] asked = ["default/web", "--from", $"{link.Client.Four}"];
        (await node.VerifyAsync(asked)).VerdictOf("kernel").ShouldBe("ok");

        await Tool.RunAsync(
            "ip", "netns", "exec", link.Node.Name, "sh", "-c", $"ip route add blackhole default table 99 && ip rule add {rule} lookup 99");

        var verified = await node.VerifyAsync(asked);
        verified.VerdictOf("kernel").ShouldBe("cannotBeSeen");
        verified.WordsOf("kernel").ShouldContain($"whether {says} leaves this node: a routing rule for its protocol or port leaves it without a route");
    }

    [Fact]
    public async Task NodePort_WithoutAnyConnection_IsWell_AndSaysWhatWasNotAsked()
    {
        await using var link = await TestLink.CreateAsync();
        await using var pod = Pod(link.Client);
        await using var node = await VerifiedNode.StartAsync(link.Node, Web(link.Client), Plain);

        var verified = await node.VerifyAsync("default/web:80");

        verified.ShouldBeWell();
        (verified.VerdictOf("dial"), verified.VerdictOf("connection")).ShouldBe(("notAsked", "notAsked"));
        verified.WordsOf("dial").ShouldContain("userproxy verify default/web:80 --dial");
        pod.Accepted.ShouldBe(0);
    }

    [Fact]
    public async Task ClusterIP_OfBothFamilies_IsWell_AndItsNameToo()
    {
        await using var link = await TestLink.CreateAsync();
        await using var four = Pod(link.Client);
        await using var six = Backend.RunOn(link.Client.Listen(link.Client.Six, PodPort), Backend.EchoAsync);
        await using var node = await VerifiedNode.StartAsync(
            link.Node,
            Service("web", "clusterIP: 10.96.0.7, clusterIPs: [10.96.0.7, 'fd96::7'], ipFamilies: [IPv4, IPv6], ports: [{port: 80}]")
                + Slice("web", "IPv4", $"{link.Client.Four}") + Slice("web", "IPv6", $"{link.Client.Six}"), Virtual);

        var verified = await node.VerifyAsync(["default/web", .. All]);

        verified.ShouldBeWell();
        verified.WordsOf("connection").ShouldContain("to 10.96.0.7:80 (ClusterIP) came to 192.0.2.2:8080");
        verified.WordsOf("connection").ShouldContain("to [fd96::7]:80 (ClusterIP) came to [2001:db8::2]:8080");
    }

    [Fact]
    public async Task LoadBalancer_LocalWithSourceRanges_IsWell_ForAClientInThem()
    {
        await using var link = await TestLink.CreateAsync();
        await using var pod = Pod(link.Client);
        await using var node = await VerifiedNode.StartAsync(link.Node, Balanced(link.Client), Virtual);

        (await node.VerifyAsync(["default/web", .. All, "--from", $"{link.Client.Four}"])).ShouldBeWell();
        // This node is no client of the ranges, and need not be.
        (await node.VerifyAsync(["default/web", .. All])).ShouldBeWell();
    }

    [Fact]
    public async Task Udp_IsWell()
    {
        await using var link = await TestLink.CreateAsync();
        await using var node = await VerifiedNode.StartAsync(
            link.Node,
            Service("web", $"type: NodePort, ports: [{{port: 53, protocol: UDP, nodePort: {NodePort}}}]")
                + Slice("web", "IPv4", $"{link.Client.Four}", "{port: 8080, protocol: UDP}"), Plain);

        var verified = await node.VerifyAsync(["default/web", .. All]);

        verified.ShouldBeWell();
        verified.VerdictOf("listening").ShouldBe("ok");
        (verified.VerdictOf("dial"), verified.VerdictOf("connection")).ShouldBe(("notAsked", "notAsked"));
    }

    [Theory]
    [InlineData("clusterIP: None, ports: [{port: 80}]", "headless")]
    [InlineData("type: ExternalName, externalName: db.example.com", "ExternalName")]
    public async Task WithoutAnAddress_IsSaidToBeServedByNobody(string spec, string word)
    {
        await using var link = await TestLink.CreateAsync();
        await using var node = await VerifiedNode.StartAsync(link.Node, Web(link.Client) + Service("other", spec), Plain);

        var verified = await node.VerifyAsync(["default/other", .. All]);

        (verified.Verdict, verified.ExitCode, verified.FirstCause).ShouldBe(("notServed", 0, null));
        verified.WordsOf("service").ShouldContain(word);
    }

    [Fact]
    public async Task AThousandEndpoints_AreSampled()
    {
        await using var link = await TestLink.CreateAsync();
        await link.Client.IpAsync("addr add 198.18.0.1/16 dev lo");
        await link.Node.IpAsync($"route add 198.18.0.0/16 via {link.Client.Four}");
        await using var pods = Backend.RunOn(link.Client.Listen(IPAddress.Any, PodPort), Backend.EchoAsync);
        var addresses = Enumerable.Range(0, 1000).Select(number => $"198.18.{number / 250}.{1 + (number % 250)}");
        await using var node = await VerifiedNode.StartAsync(
            link.Node, Service("web", $"type: NodePort, ports: [{{port: 80, nodePort: {NodePort}}}]")
                + string.Concat(addresses.Chunk(100).Select((chunk, at) => Slice("web", "IPv4", string.Join(", ", chunk), name: $"web-{at}"))), Plain);

        var verified = await node.VerifyAsync(["default/web", .. All]);

        verified.ShouldBeWell();
        verified.WordsOf("dial").ShouldContain("64 endpoints, a sample of 1000, answered");
        // Those, and the connection through the Service; once more for each time that an answer was late.
        await Eventually.IsTrue(() => pods.Accepted > 0 && pods.Accepted % 65 == 0, "each has been accepted");
    }

    [Fact]
    public async Task Service_IsUnknown_IsNamed()
    {
        await using var link = await TestLink.CreateAsync();
        await using var node = await VerifiedNode.StartAsync(link.Node, Web(link.Client), Plain);

        (await node.VerifyAsync("default/wbe")).ShouldName("service", "declares no Service default/wbe");
        (await node.VerifyAsync("default/web:81")).ShouldName("service", "has no port 81");
    }

    [Fact]
    public async Task Port_HeldByADaemon_IsNamed()
    {
        await using var link = await TestLink.CreateAsync();
        await using var pod = Pod(link.Client);
        using var daemon = link.Node.Listen(link.Node.Four, NodePort);
        await using var node = await VerifiedNode.StartAsync(link.Node, Web(link.Client), Plain);

        (await node.VerifyAsync(["default/web", .. All])).ShouldName("listening", "192.0.2.1:30080 cannot be bound", $"(pid {Environment.ProcessId})");
    }

    [Fact]
    public async Task Port_HeldAtOneAddress_IsShadowed()
    {
        await using var link = await TestLink.CreateAsync();
        await using var pod = Pod(link.Client);
        using var daemon = link.Node.Listen(IPAddress.Loopback, NodePort);
        await using var node = await VerifiedNode.StartAsync(link.Node, Web(link.Client), "--cluster-ips", "off");

        (await node.VerifyAsync(["default/web", .. All])).ShouldName("shadowed", "is not served as a whole");
    }

    /// <summary>As Docker publishes a port.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Port_TakenByNat_IsShadowed(bool connects)
    {
        await using var link = await TestLink.CreateAsync();
        await using var pod = Pod(link.Client);
        await using var other = Backend.RunOn(link.Client.Listen(link.Client.Four, 9090), Backend.EchoAsync);
        await link.Node.NftAsync("add table ip nat");
        await link.Node.NftAsync("add chain ip nat out { type nat hook output priority -100 ; }");
        await link.Node.NftAsync($"add rule ip nat out tcp dport {NodePort} dnat to {link.Client.Four}:9090");
        await using var node = await VerifiedNode.StartAsync(link.Node, Web(link.Client), Plain);

        var verified = await node.VerifyAsync(connects ? ["default/web", .. All] : ["default/web"]);

        verified.ShouldName("shadowed", "a rule of the kernel sends it elsewhere", $"dnat to {link.Client.Four}:9090");
        if (connects) verified.WordsOf("connection").ShouldContain("the proxy does not have it");
    }

    /// <summary>Rules for others, or for some clients, are none of its business.</summary>
    [Fact]
    public async Task RulesThatNameThePort_AndTakeNothing_AreNoFault()
    {
        await using var link = await TestLink.CreateAsync();
        await using var pod = Pod(link.Client);
        await link.Node.NftAsync("add table ip nat");
        await link.Node.NftAsync("add chain ip nat out { type nat hook output priority -100 ; }");
        await link.Node.NftAsync($"add rule ip nat out ip daddr 203.0.113.77 tcp dport {NodePort} dnat to {link.Client.Four}:9090");
        await link.Node.NftAsync("add table inet f");
        await link.Node.NftAsync("add chain inet f in { type filter hook input priority 0 ; }");
        await link.Node.NftAsync($"add rule inet f in tcp dport {NodePort} accept");
        await link.Node.NftAsync($"add rule inet f in ip saddr 198.51.100.0/24 tcp dport {NodePort} drop");
        await using var node = await VerifiedNode.StartAsync(link.Node, Web(link.Client), Plain);

        (await node.VerifyAsync(["default/web", .. All])).ShouldBeWell();
        (await node.VerifyAsync("default/web")).ShouldBeWell();
    }

    [Fact]
    public async Task StrictReversePathFilter_IsNamed_ForTheClientWhoseAnswersLeaveElsewhere()
    {
        await using var link = await TestLink.CreateAsync();
        await using var pod = Pod(link.Client);
        await link.Node.IpAsync("link add eth1 type veth peer name eth2");
        await link.Node.IpAsync("addr add 198.51.100.1/24 dev eth1");
        await link.Node.IpAsync("link set eth1 up");
        await link.Node.IpAsync("link set eth2 up");
        await Tool.RunAsync("ip", "netns", "exec", link.Node.Name, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/eth0/rp_filter");
        await using var node = await VerifiedNode.StartAsync(link.Node, Web(link.Client), Plain);

        (await node.VerifyAsync(["default/web", .. All, "--from", "198.51.100.7"])).ShouldName("kernel", "rp_filter of eth0 is strict");
        (await node.VerifyAsync(["default/web", .. All, "--from", $"{link.Client.Four}"])).ShouldBeWell();
        (await node.VerifyAsync(["default/web", .. All, "--from", "203.0.113.7"])).ShouldName("kernel", "no route back to 203.0.113.7");
    }

    [Fact]
    public async Task SourceRanges_LeaveTheClientOut_IsNamed()
    {
        await using var link = await TestLink.CreateAsync();
        await using var pod = Pod(link.Client);
        await link.Node.IpAsync($"route add default via {link.Client.Four}");
        await using var node = await VerifiedNode.StartAsync(link.Node, Balanced(link.Client), Virtual);

        (await node.VerifyAsync(["default/web", .. All, "--from", "198.51.100.7"])).ShouldName(
            "client", "to 203.0.113.8:80 (LoadBalancer) gets no answer: 198.51.100.7 is outside loadBalancerSourceRanges");
    }

    [Fact]
    public async Task LocalPolicy_WithoutAnEndpointHere_IsNamed_ForAClientOutside()
    {
        await using var link = await TestLink.CreateAsync();
        await using var pod = Pod(link.Client);
        await using var node = await VerifiedNode.StartAsync(
            link.Node, Balanced(link.Client).Replace("nodeName: node-1", "nodeName: node-2", StringComparison.Ordinal), Virtual);

        (await node.VerifyAsync(["default/web", .. All, "--from", $"{link.Client.Four}"])).ShouldName("client", "externalTrafficPolicy");
        (await node.VerifyAsync(["default/web", .. All])).ShouldBeWell();
    }

    [Fact]
    public async Task Endpoint_Refuses_IsNamed()
    {
        await using var link = await TestLink.CreateAsync();
        await using var node = await VerifiedNode.StartAsync(link.Node, Web(link.Client), Plain);

        (await node.VerifyAsync(["default/web", .. All])).ShouldName("dial", "192.0.2.2:8080 refused");
    }

    [Fact]
    public async Task Endpoint_IsSilent_IsNamed()
    {
        await using var link = await TestLink.CreateAsync();
        await using var pod = Pod(link.Client);
        await link.Client.NftAsync("add table inet f");
        await link.Client.NftAsync("add chain inet f in { type filter hook input priority 0 ; }");
        await link.Client.NftAsync($"add rule inet f in tcp dport {PodPort} drop");
        await using var node = await VerifiedNode.StartAsync(link.Node, Web(link.Client), Plain);

        (await node.VerifyOnceAsync(["default/web", .. All])).ShouldName("dial", "192.0.2.2:8080 did not answer within");
    }

    /// <summary>A rule that names no port is read, with the sets that it names; what else decides only a connection shows.</summary>
    [Theory]
    [InlineData("ip daddr 192.0.2.1", "shadowed", "drops processes of this node")]
    [InlineData("ip daddr @here", "shadowed", "drops processes of this node")]
    [InlineData("ip daddr 192.0.2.1 ip ttl > 5", "connection", "to 192.0.2.1:30080 (NodePort) had no answer")]
    public async Task Connection_IsDropped_IsNamed(string destination, string step, string words)
    {
        await using var link = await TestLink.CreateAsync();
        await using var pod = Pod(link.Client);
        await link.Node.NftAsync("add table inet f");
        await link.Node.NftAsync("add set inet f here { type ipv4_addr ; elements = { 192.0.2.1 } ; }");
        await link.Node.NftAsync("add chain inet f in { type filter hook input priority 0 ; }");
        await link.Node.NftAsync($"add rule inet f in iif lo {destination} drop");
        await using var node = await VerifiedNode.StartAsync(link.Node, Web(link.Client), Plain);

        (await node.VerifyOnceAsync(["default/web", .. All])).ShouldName(step, words);
    }

    [Theory]
    [InlineData("10.96.0.99", "is 10.96.0.99")]
    [InlineData(null, "there is no web.default.svc.")]
    public async Task Name_LeadsElsewhere_IsNamed(string? address, string words)
    {
        await using var link = await TestLink.CreateAsync();
        await using var pod = Pod(link.Client);
        await using var server = new NameServer(link.Node.Datagrams(IPAddress.Loopback, 5353), address is null ? null : IPAddress.Parse(address));
        await using var node = await VerifiedNode.StartAsync(
            link.Node, Service("web", "clusterIP: 10.96.0.7, ports: [{port: 80}]") + Slice("web", "IPv4", $"{link.Client.Four}"), Virtual);

        (await node.VerifyAsync(["default/web", .. All, "--dns", "127.0.0.1:5353"])).ShouldName("name", words);
    }

    [Fact]
    public async Task Name_OfTheClustersOwnResolver_IsWell()
    {
        await using var link = await TestLink.CreateAsync();
        await using var pod = Pod(link.Client);
        await using var server = new NameServer(link.Client.Datagrams(link.Client.Four, 5353), IPAddress.Parse("10.96.0.7"));
        string dns = (Service("kube-dns", "clusterIP: 10.96.0.10, ports: [{port: 53, protocol: UDP}]")
            + Slice("kube-dns", "IPv4", $"{link.Client.Four}", "{port: 5353, protocol: UDP}")).Replace(
                "namespace: default", "namespace: kube-system", StringComparison.Ordinal);
        await using var node = await VerifiedNode.StartAsync(
            link.Node, Service("web", "clusterIP: 10.96.0.7, ports: [{port: 80}]") + Slice("web", "IPv4", $"{link.Client.Four}") + dns, Virtual);

        var verified = await node.VerifyAsync(["default/web", .. All]);

        verified.ShouldBeWell();
        verified.WordsOf("name").ShouldContain("is 10.96.0.7, says 10.96.0.10:53");
    }

    [Theory]
    [InlineData("web", 69)]
    [InlineData("default/web --from nowhere", 64)]
    [InlineData("default/web --dns nowhere", 64)]
    [InlineData("default/web --kubeconfig /nonexistent", 64)]
    [InlineData("default/web", 69)]
    public async Task BadUsage_AndNoProxy_HaveTheirExitCodes(string arguments, int expected)
    {
        using var folder = new TempFile();
        string socket = folder.Path + ".sock";
        if (arguments.Contains("kubeconfig", StringComparison.Ordinal))
        {
            await using var echo = Backend.Echo();
            await using var proxy = await ServingProcess.StartAsync(TransportKind.Sockets, ServingProcess.ServiceOf("web", FreePort.Next(), "rr", echo));
            (await proxy.RunAsync(["verify", .. arguments.Split(' ')])).Code.ShouldBe(expected);
            return;
        }

        var (code, output, error) = await ServingProcess.RunOnAsync(socket, ["verify", .. arguments.Split(' ')]);
        (code, output).ShouldBe((expected, ""));
        error.ShouldNotBeEmpty();
    }

    private static Backend Pod(TestHost host) => Backend.RunOn(host.Listen(host.Four, PodPort), Backend.EchoAsync);

    private static string Web(TestHost pod) => Service("web", string.Create(
        CultureInfo.InvariantCulture, $"type: NodePort, ports: [{{port: 80, nodePort: {NodePort}}}]")) + Slice("web", "IPv4", $"{pod.Four}");

    private static string Balanced(TestHost pod) =>
        "{apiVersion: v1, kind: Node, metadata: {name: node-1}, status: {addresses: [{type: InternalIP, address: 192.0.2.1}]}}\n---\n"
            + Service(
                "web", string.Create(
                    CultureInfo.InvariantCulture,
                    $"type: LoadBalancer, clusterIP: 10.96.0.8, externalTrafficPolicy: Local, healthCheckNodePort: 32000, loadBalancerSourceRanges: "
                        + $"[192.0.2.0/24], ports: [{{port: 80, nodePort: {NodePort}}}]"),
                "loadBalancer: {ingress: [{ip: 203.0.113.8}]}")
            + Slice("web", "IPv4", $"{pod.Four}");

    private static string Service(string name, string spec, string status = "") =>
        $"{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: default}}, spec: {{{spec}}}, status: {{{status}}}}}\n---\n";

    private static string Slice(string service, string family, string addresses, string port = "{port: 8080}", string? name = null) =>
        $"{{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {{name: {name ?? $"{service}-{family.ToLowerInvariant()}"}, "
            + $"namespace: default, labels: {{kubernetes.io/service-name: {service}}}}}, addressType: {family}, ports: [{port}], endpoints: ["
            + string.Join(", ", addresses.Split(", ").Select(address => $"{{addresses: ['{address}'], nodeName: node-1}}")) + "]}\n---\n";
}
