using System.Net;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;

namespace UserProxy.FunctionalTests.Cluster;

/// <summary>The semantics of a Service as its clients see them, on two nodes with the real executable, over every transport.</summary>
[StartsProgram]
public abstract class ServiceSemanticsTests(ClusterFixture fixture)
{
    private const int Port = 80;

    private TestCluster Cluster => fixture.Cluster;

    [Fact]
    public async Task ClusterIP_IsReachedFromPodsNodesAndRoutedClients()
    {
        var names = fixture.NextCase();
        Cluster.Write(
            names.Service, Yaml.Service(names.Service, $"clusterIP: {names.ClusterIP}\nports: [{{port: {Port}}}]")
                + Yaml.Slice(names.Service, names.Service, Cluster.PodB1));

        foreach (var host in new[] { Cluster.PodA1.Host, Cluster.PodB1.Host, Cluster.NodeA, Cluster.NodeB, Cluster.Client })
            await host.ShouldGetAsync(names.ClusterIP, Port, "pod-b1");
    }

    [Fact]
    public async Task ClusterIP_OfBothFamilies_EachHasItsOwn()
    {
        var names = fixture.NextCase();
        string spec =
            $"ipFamilies: [IPv4, IPv6]\nclusterIP: {names.ClusterIP}\nclusterIPs: [\"{names.ClusterIP}\", \"{names.ClusterIP6}\"]\nports: [{{port: {Port}}}]";
        Cluster.Write(names.Service, Yaml.Service(names.Service, spec)
            + Yaml.Slice(names.Service + "-4", names.Service, Cluster.PodA1) + Yaml.Slice(names.Service + "-6", names.Service, "IPv6", "", Cluster.PodB1));

        await Cluster.PodA2.Host.ShouldGetAsync(names.ClusterIP, Port, "pod-a1");
        await Cluster.PodA2.Host.ShouldGetAsync(names.ClusterIP6, Port, "pod-b1");
        await Cluster.NodeB.ShouldGetAsync(names.ClusterIP6, Port, "pod-b1");
    }

    [Fact]
    public async Task Hairpin_PodReachesItselfThroughItsService()
    {
        var names = fixture.NextCase();
        Cluster.Write(
            names.Service, Yaml.Service(names.Service, $"clusterIP: {names.ClusterIP}\nports: [{{port: {Port}}}]")
                + Yaml.Slice(names.Service, names.Service, Cluster.PodA1));

        await Cluster.PodA1.Host.ShouldGetAsync(names.ClusterIP, Port, "pod-a1");
    }

    [Fact]
    public async Task NodePort_IsServedOnEveryNode()
    {
        var names = fixture.NextCase();
        Cluster.Write(names.Service, Yaml.Service(names.Service, NodePortSpec(names)) + Yaml.Slice(names.Service, names.Service, Cluster.PodA1));

        await Cluster.Client.ShouldGetAsync(Cluster.NodeA.Address, names.NodePort, "pod-a1");
        await Cluster.Client.ShouldGetAsync(Cluster.NodeB.Address, names.NodePort, "pod-a1");
        await Cluster.Client.ShouldGetAsync(Cluster.NodeB.Address, names.NodePort, "pod-a1");
        await Cluster.NodeB.ShouldGetAsync(IPAddress.Loopback, names.NodePort, "pod-a1");
    }

    [Fact]
    public async Task ExternalTrafficPolicyLocal_OutsidersGetLocalEndpointsOrNothing_TheNodeItselfGetsAll()
    {
        var names = fixture.NextCase();
        Cluster.Write(
            names.Service, Yaml.Service(names.Service, NodePortSpec(names) + "\nexternalTrafficPolicy: Local")
                + Yaml.Slice(names.Service, names.Service, Cluster.PodA1));

        await Cluster.Client.ShouldGetAsync(Cluster.NodeA.Address, names.NodePort, "pod-a1");
        await Cluster.Client.ShouldGetAsync(Cluster.NodeB.Address, names.NodePort, Host.Silence);
        await Cluster.NodeB.ShouldGetAsync(Cluster.NodeB.Address, names.NodePort, "pod-a1");
        await Cluster.PodB1.Host.ShouldGetAsync(Cluster.NodeB.Address, names.NodePort, "pod-a1");
        await Cluster.PodA2.Host.ShouldGetAsync(Cluster.NodeB.Address, names.NodePort, Host.Silence);
        await Cluster.Client.ShouldGetAsync(names.ClusterIP, Port, "pod-a1");
        await Cluster.NodeB.ShouldGetAsync(names.ClusterIP, Port, "pod-a1");

        // The Pod moves: the nodes change their parts.
        Cluster.Write(
            names.Service, Yaml.Service(names.Service, NodePortSpec(names) + "\nexternalTrafficPolicy: Local")
                + Yaml.Slice(names.Service, names.Service, Cluster.PodB1));
        await Cluster.Client.ShouldGetAsync(Cluster.NodeB.Address, names.NodePort, "pod-b1");
        await Cluster.Client.ShouldGetAsync(Cluster.NodeA.Address, names.NodePort, Host.Silence);
    }

    [Fact]
    public async Task ExternalTrafficPolicyLocal_NoLocalActionReject_ResetsOutsiders()
    {
        var names = fixture.NextCase();
        string service = Yaml.Service(
            names.Service, NodePortSpec(names) + "\nexternalTrafficPolicy: Local", annotations: "userproxy.io/no-local-action: reject");
        Cluster.Write(names.Service, service + Yaml.Slice(names.Service, names.Service, Cluster.PodA1));

        await Cluster.Client.ShouldGetAsync(Cluster.NodeA.Address, names.NodePort, "pod-a1");
        await Cluster.Client.ShouldGetAsync(Cluster.NodeB.Address, names.NodePort, Host.Refused, Host.Reset);
        await Cluster.NodeB.ShouldGetAsync(Cluster.NodeB.Address, names.NodePort, "pod-a1");
    }

    [Fact]
    public async Task InternalTrafficPolicyLocal_ClusterIPServesLocalEndpointsOnly_NodePortAll()
    {
        var names = fixture.NextCase();
        Cluster.Write(
            names.Service, Yaml.Service(names.Service, NodePortSpec(names) + "\ninternalTrafficPolicy: Local")
                + Yaml.Slice(names.Service, names.Service, Cluster.PodA1));

        await Cluster.PodA2.Host.ShouldGetAsync(names.ClusterIP, Port, "pod-a1");
        await Cluster.PodB1.Host.ShouldGetAsync(names.ClusterIP, Port, Host.Refused);
        await Cluster.Client.ShouldGetAsync(Cluster.NodeB.Address, names.NodePort, "pod-a1");
    }

    [Fact]
    public async Task NoEndpoints_RefusedEverywhere()
    {
        var names = fixture.NextCase();
        Cluster.Write(names.Service, Yaml.Service(names.Service, NodePortSpec(names)) + Yaml.Slice(names.Service, names.Service));

        await Cluster.PodA1.Host.ShouldGetAsync(names.ClusterIP, Port, Host.Refused);
        await Cluster.Client.ShouldGetAsync(Cluster.NodeA.Address, names.NodePort, Host.Refused);
        await Cluster.NodeA.ShouldGetAsync(names.ClusterIP, Port, Host.Refused);
    }

    [Fact]
    public async Task SessionAffinity_Sticks_TimesOut_AndIsSwitchedOffLive()
    {
        var names = fixture.NextCase();
        string slices = Yaml.Slice(names.Service, names.Service, Cluster.PodA1, Cluster.PodA2, Cluster.PodB1);
        string Service(string affinity) => Yaml.Service(names.Service, NodePortSpec(names) + $"\n{affinity}");
        Cluster.Write(names.Service, Service("sessionAffinity: ClientIP") + slices);
        await Cluster.Client.ShouldGetAsync(Cluster.NodeA.Address, names.NodePort, "pod-a1", "pod-a2", "pod-b1");

        (await Cluster.Client.AskManyAsync(Cluster.NodeA.Address, names.NodePort, 15)).Distinct().Count().ShouldBe(1);

        Cluster.Write(names.Service, Service("sessionAffinity: ClientIP\nsessionAffinityConfig: {clientIP: {timeoutSeconds: 1}}") + slices);
        var seen = new HashSet<string>();
        await Eventually.IsTrue(
            async () =>
            {
                seen.Add(await Cluster.Client.AskAsync(Cluster.NodeA.Address, names.NodePort));
                // The pin lasts a second from the last new connection: this is what the Service declares, not a wait for us.
                await Task.Delay(TimeSpan.FromSeconds(1.2));
                return seen.Count > 1;
            },
            "a pin that timed out gives way");

        Cluster.Write(names.Service, Service("sessionAffinity: None") + slices);
        await Eventually.IsTrue(
            async () => (await Cluster.Client.AskManyAsync(Cluster.NodeA.Address, names.NodePort, 6)).Distinct().Count() == 3, "without affinity all are used");
    }

    [Theory]
    [InlineData("None")]
    [InlineData("ClientIP")]
    public async Task Explain_OfAClusterIP_NamesWhatTheNextConnectionReaches(string affinity)
    {
        var pods = new[] { Cluster.PodA1, Cluster.PodA2, Cluster.PodB1 };
        var services = SchedulerNames.All.ToDictionary(scheduler => scheduler, _ => fixture.NextCase());
        foreach (var (scheduler, names) in services)
        {
            Cluster.Write(names.Service, Yaml.Service(
                names.Service, $"clusterIP: {names.ClusterIP}\nsessionAffinity: {affinity}\nports: [{{port: {Port}}}]",
                annotations: $"userproxy.io/scheduler: {scheduler}")
                + Yaml.Slice(names.Service, names.Service, pods));
        }

        using var admin = new AdminSocket(Cluster.AdminSocketOf(Cluster.NodeA));
        foreach (var (scheduler, names) in services)
        {
            await Cluster.Client.ShouldGetAsync(names.ClusterIP, Port, "pod-a1", "pod-a2", "pod-b1");

            var reached = new List<string>();
            for (int i = 0; i < 4; i++)
            {
                await Eventually.IsTrue(() => admin.IsIdleAsync($"default/{names.Service}"), "the connections before have ended");
                var (address, next) = await admin.ExplainAsync($"default/{names.Service}", $"{Cluster.Client.Address}");
                string answer = await Cluster.Client.AskAsync(names.ClusterIP, Port);

                reached.Add(answer);
                address.ShouldBe($"{names.ClusterIP}:{Port}");
                next.ShouldBe($"{pods.Single(pod => pod.Name == answer).Host.Address}:{Pod.Port}", $"{scheduler}, {affinity}");
            }

            if (affinity == "ClientIP") reached.Distinct().Count().ShouldBe(1, scheduler);
        }
    }

    [Fact]
    public async Task LoadBalancerSourceRanges_AreEnforced_AndFollowedLive()
    {
        var names = fixture.NextCase();
        string status = $"loadBalancer: {{ingress: [{{ip: {names.LoadBalancerIP}}}]}}";
        string Service(string ranges) => Yaml.Service(names.Service, LoadBalancerSpec(names) + $"\nloadBalancerSourceRanges: [{ranges}]", status);
        string slice = Yaml.Slice(names.Service, names.Service, Cluster.PodB1);

        Cluster.Write(names.Service, Service("\" 10.0.0.96/28\"") + slice);
        await Cluster.Client.ShouldGetAsync(names.LoadBalancerIP, Port, "pod-b1");
        await Cluster.PodA1.Host.ShouldGetAsync(names.LoadBalancerIP, Port, Host.Silence);
        await Cluster.PodA1.Host.ShouldGetAsync(Cluster.NodeA.Address, names.NodePort, "pod-b1");

        Cluster.Write(names.Service, Service("10.244.0.0/16") + slice);
        await Cluster.PodA1.Host.ShouldGetAsync(names.LoadBalancerIP, Port, "pod-b1");
        await Cluster.Client.ShouldGetAsync(names.LoadBalancerIP, Port, Host.Silence);
        await Cluster.Client.ShouldGetAsync(Cluster.NodeA.Address, names.NodePort, "pod-b1");
    }

    [Fact]
    public async Task IPModeProxy_IsLeftToTheLoadBalancer_AndFollowedLive()
    {
        var names = fixture.NextCase();
        string Status(string mode) => $"loadBalancer: {{ingress: [{{ip: {names.LoadBalancerIP}, ipMode: {mode}}}]}}";
        string slice = Yaml.Slice(names.Service, names.Service, Cluster.PodA1);

        Cluster.Write(names.Service, Yaml.Service(names.Service, LoadBalancerSpec(names), Status("VIP")) + slice);
        await Cluster.PodA2.Host.ShouldGetAsync(names.LoadBalancerIP, Port, "pod-a1");
        Cluster.Write(names.Service, Yaml.Service(names.Service, LoadBalancerSpec(names), Status("Proxy")) + slice);
        await IsNotCapturedAsync(names.LoadBalancerIP);
    }

    [Fact]
    public async Task ExternalIPs_InsideTheAllowListOnly()
    {
        var names = fixture.NextCase();
        var allowed = IPAddress.Parse($"198.51.100.{names.NodePort - 30000}");
        var foreign = IPAddress.Parse($"203.0.113.{200 + (names.NodePort % 50)}");
        Cluster.Write(
            names.Service,
            Yaml.Service(
                names.Service,
                $"clusterIP: {names.ClusterIP}\nports: [{{port: {Port}}}]\nexternalIPs: [\"{allowed}\", \"{foreign}\", \"127.0.0.1\", \"10.0.0.1\"]")
            + Yaml.Slice(names.Service, names.Service, Cluster.PodA1));

        await Cluster.Client.ShouldGetAsync(allowed, Port, "pod-a1");
        (await Cluster.NodeA.AskAsync(IPAddress.Loopback, Port)).ShouldBe(Host.Refused);
        (await Cluster.Client.AskAsync(Cluster.NodeA.Address, Port)).ShouldBe(Host.Refused);
        (await Cluster.NodeA.RunAsync("ip", "route", "show", "table", "local", "proto", "117")).ShouldNotContain(foreign.ToString());
    }

    [Fact]
    public async Task HealthCheckNodePort_CountsLocalReadyPods_AsTheyMove()
    {
        var names = fixture.NextCase();
        int check = names.NodePort + 1000;
        string service = Yaml.Service(names.Service, LoadBalancerSpec(names) + $"\nexternalTrafficPolicy: Local\nhealthCheckNodePort: {check}");

        Cluster.Write(names.Service, service + Yaml.Slice(names.Service, names.Service, Cluster.PodA1, Cluster.PodA2));
        await Checks(Cluster.NodeA, check, 200, 2);
        await Checks(Cluster.NodeB, check, 503, 0);

        Cluster.Write(names.Service, service + Yaml.Slice(names.Service, names.Service, Cluster.PodB1));
        await Checks(Cluster.NodeA, check, 503, 0);
        await Checks(Cluster.NodeB, check, 200, 1);

        Cluster.Remove(names.Service);
        await Eventually.IsTrue(async () => await Cluster.Client.AskAsync(Cluster.NodeA.Address, check) == Host.Refused, "the check goes with the Service");
    }

    [Fact]
    public async Task TypeChanges_AreFollowedLive()
    {
        var names = fixture.NextCase();
        string slice = Yaml.Slice(names.Service, names.Service, Cluster.PodA1);
        void Apply(string spec, string status = "{}") => Cluster.Write(names.Service, Yaml.Service(names.Service, spec, status) + slice);

        Apply($"clusterIP: {names.ClusterIP}\nports: [{{port: {Port}}}]");
        await Cluster.PodA2.Host.ShouldGetAsync(names.ClusterIP, Port, "pod-a1");
        Apply(NodePortSpec(names));
        await Cluster.Client.ShouldGetAsync(Cluster.NodeB.Address, names.NodePort, "pod-a1");
        Apply(LoadBalancerSpec(names), $"loadBalancer: {{ingress: [{{ip: {names.LoadBalancerIP}}}]}}");
        await Cluster.Client.ShouldGetAsync(names.LoadBalancerIP, Port, "pod-a1");
        Apply($"type: ExternalName\nexternalName: example.org\nclusterIP: {names.ClusterIP}");
        await Cluster.Client.ShouldGetAsync(Cluster.NodeB.Address, names.NodePort, Host.Refused);
        await IsNotCapturedAsync(names.ClusterIP);
        Apply($"clusterIP: {names.ClusterIP}\nports: [{{port: {Port}}}]");
        await Cluster.PodA2.Host.ShouldGetAsync(names.ClusterIP, Port, "pod-a1");
    }

    [Fact]
    public async Task Ports_RenamedAndRenumbered_AreFollowedLive()
    {
        var names = fixture.NextCase();
        Cluster.Write(
            names.Service, Yaml.Service(names.Service, $"clusterIP: {names.ClusterIP}\nports: [{{name: a, port: {Port}}}]")
                + Yaml.Slice(names.Service, names.Service, "a", Cluster.PodA1));
        await Cluster.PodA2.Host.ShouldGetAsync(names.ClusterIP, Port, "pod-a1");

        Cluster.Write(
            names.Service, Yaml.Service(names.Service, $"clusterIP: {names.ClusterIP}\nports: [{{name: b, port: {Port}}}]")
                + Yaml.Slice(names.Service, names.Service, "b", Cluster.PodB1));
        await Cluster.PodA2.Host.ShouldGetAsync(names.ClusterIP, Port, "pod-b1");

        Cluster.Write(
            names.Service, Yaml.Service(names.Service, $"clusterIP: {names.ClusterIP}\nports: [{{name: b, port: 81}}]")
                + Yaml.Slice(names.Service, names.Service, "b", Cluster.PodB1));
        await Cluster.PodA2.Host.ShouldGetAsync(names.ClusterIP, 81, "pod-b1");
        await Cluster.PodA2.Host.ShouldGetAsync(names.ClusterIP, Port, Host.Refused);
    }

    [Fact]
    public async Task EndpointsMoveBetweenSlices_UnderLoad_NoConnectionFails()
    {
        var names = fixture.NextCase();
        string service = Yaml.Service(names.Service, $"clusterIP: {names.ClusterIP}\nports: [{{port: {Port}}}]");
        void Apply(Pod[] first, Pod[] second) =>
            Cluster.Write(
                names.Service, service + Yaml.Slice(names.Service + "-1", names.Service, first) + Yaml.Slice(names.Service + "-2", names.Service, second));
        Apply([Cluster.PodA1], [Cluster.PodB1]);
        await Cluster.PodA2.Host.ShouldGetAsync(names.ClusterIP, Port, "pod-a1", "pod-b1");

        using var stop = new CancellationTokenSource();
        var load = Task.Run(async () =>
        {
            var answers = new List<string>();
            while (!stop.IsCancellationRequested) answers.Add(await Cluster.PodA2.Host.AskAsync(names.ClusterIP, Port));
            return answers;
        });
        for (int i = 0; i < 5; i++)
        {
            // Added before it is removed, and the other way round.
            foreach (var (first, second) in new (Pod[], Pod[])[] { ([Cluster.PodA1], [Cluster.PodA1, Cluster.PodB1]), ([], [Cluster.PodA1, Cluster.PodB1]),
                ([], [Cluster.PodB1]), ([Cluster.PodA1], [Cluster.PodB1]) })
            {
                Apply(first, second);
                await Task.Delay(150);
            }
        }

        await stop.CancelAsync();
        var seen = await load;
        seen.Distinct().ShouldBeSubsetOf(["pod-a1", "pod-b1"]);
        seen.ShouldNotBeEmpty();
        // Never doubled: in a settled set round robin gives each its half.
        await Eventually.IsTrue(
            async () => (await Cluster.PodA2.Host.AskManyAsync(names.ClusterIP, Port, 10)).Count(answer => answer == "pod-a1") == 5, "each has its half");
    }

    [Fact]
    public async Task DaemonOfTheHost_IsNotReachedThroughAVirtualIP()
    {
        var names = fixture.NextCase();
        await using var daemon = Backend.RunOn(Cluster.NodeA.Listen(IPAddress.Any, 2222), peer => peer.SendAsync("daemon"));
        await using var daemon6 = Backend.RunOn(Cluster.NodeA.Listen(IPAddress.IPv6Any, 2222), peer => peer.SendAsync("daemon"));
        string spec =
            $"ipFamilies: [IPv4, IPv6]\nclusterIP: {names.ClusterIP}\nclusterIPs: [\"{names.ClusterIP}\", \"{names.ClusterIP6}\"]\nports: [{{port: {Port}}}]";
        Cluster.Write(names.Service, Yaml.Service(names.Service, spec)
            + Yaml.Slice(names.Service + "-4", names.Service, Cluster.PodA1) + Yaml.Slice(names.Service + "-6", names.Service, "IPv6", "", Cluster.PodA1));
        await Cluster.Client.ShouldGetAsync(names.ClusterIP, Port, "pod-a1");
        await Cluster.PodA2.Host.ShouldGetAsync(names.ClusterIP6, Port, "pod-a1");

        (await Cluster.Client.AskAsync(Cluster.NodeA.Address, 2222)).ShouldBe("daemon");
        (await Cluster.Client.AskAsync(names.ClusterIP, 2222)).ShouldBe(Host.Refused);
        (await Cluster.PodA2.Host.AskAsync(names.ClusterIP6, 2222)).ShouldBe(Host.Refused);
        (await Cluster.NodeA.AskAsync(names.ClusterIP, 2222)).ShouldBe(Host.Refused);
    }

    /// <summary>
    /// The route first: who is connected when it goes hears nothing more, and would be waited for. Then the address is nobody's, or somebody else's.
    /// </summary>
    private async Task IsNotCapturedAsync(IPAddress address)
    {
        await Eventually.IsTrue(
            async () => !(await Cluster.NodeA.RunAsync("ip", "route", "show", "table", "local", "proto", "117")).Split('\n').Any(
                route => route.Contains($" {address} ", StringComparison.Ordinal)),
            $"no route is left for {address}");
        (await Cluster.PodA2.Host.AskAsync(address, Port)).ShouldNotBe("pod-a1");
    }

    private static string NodePortSpec(CaseNames names) =>
        $"type: NodePort\nclusterIP: {names.ClusterIP}\nports: [{{port: {Port}, nodePort: {names.NodePort}}}]";

    private static string LoadBalancerSpec(CaseNames names) =>
        $"type: LoadBalancer\nclusterIP: {names.ClusterIP}\nports: [{{port: {Port}, nodePort: {names.NodePort}}}]";

    private async Task Checks(Host node, int port, int status, int endpoints) => await Eventually.IsTrue(
        async () =>
        {
            string answer = await Cluster.Client.RunAsync("curl", "-s", "-m", "2", "-w", "%{http_code}", $"http://{node.Address}:{port}/").ContinueWith(
                task => task.IsCompletedSuccessfully ? task.Result : "", TaskScheduler.Default);
            return answer.Contains($"\"localEndpoints\":{endpoints},", StringComparison.Ordinal) && answer.EndsWith($"{status}", StringComparison.Ordinal);
        },
        $"{node.Name} answers {status} with {endpoints} endpoints");
}

/// <summary>One cluster on epoll.</summary>
public sealed class EpollCluster() : ClusterFixture(TransportKind.Epoll);

/// <summary>One cluster on io_uring.</summary>
public sealed class UringCluster() : ClusterFixture(TransportKind.Uring);

/// <summary>One cluster on sockets.</summary>
public sealed class SocketsCluster() : ClusterFixture(TransportKind.Sockets);

public sealed class EpollServiceSemanticsTests(EpollCluster cluster) : ServiceSemanticsTests(cluster), IClassFixture<EpollCluster>;

public sealed class UringServiceSemanticsTests(UringCluster cluster) : ServiceSemanticsTests(cluster), IClassFixture<UringCluster>;

public sealed class SocketsServiceSemanticsTests(SocketsCluster cluster) : ServiceSemanticsTests(cluster), IClassFixture<SocketsCluster>;
