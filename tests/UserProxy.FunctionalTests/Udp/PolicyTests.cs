using System.Globalization;
using System.Net;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Udp;

/// <summary>Who is served by whom. There is nothing to refuse a datagram with on an open port: who is not admitted hears nothing.</summary>
[Collection(nameof(UdpCluster))]
public sealed class PolicyTests(UdpCluster fixture) : UdpTests(fixture)
{
    [Theory]
    [InlineData(ServiceWay.NodePort)]
    [InlineData(ServiceWay.WildcardNodePort)]
    [InlineData(ServiceWay.ClusterIP)]
    public async Task ClientIPAffinity_AllPortsOfAClientGetOnePod_AndItEnds(ServiceWay way)
    {
        var names = NextCase();
        string slices = Slices(names, Cluster.PodA1, Cluster.PodA2, Cluster.PodB1);
        Apply(names, Service(names, "sessionAffinity: ClientIP") + slices);
        string answer;
        using (var first = Connect(names, way)) answer = await first.ShouldGetAsync("pod-a1", "pod-a2", "pod-b1");

        for (int i = 0; i < 12; i++)
        {
            using var client = Connect(names, way);
            (await client.AskAsync()).ShouldBe(answer);
        }

        // Switched off, the ports are spread again, those of old sessions aside.
        Apply(names, Service(names) + slices);
        await Eventually.IsTrue(
            async () =>
            {
                using var client = Connect(names, way);
                string other = await client.TryAskAsync();
                return other is "pod-a1" or "pod-a2" or "pod-b1" && other != answer;
            },
            "another Pod answers");
    }

    [Fact]
    public async Task ClientIPAffinity_FollowsWhenThePodLeaves_AndStaysThere()
    {
        var names = NextCase();
        Apply(names, Service(names, "sessionAffinity: ClientIP") + Slices(names, Cluster.PodA1));
        using var client = Connect(names, ServiceWay.NodePort);
        await client.ShouldGetAsync("pod-a1");

        Apply(names, Service(names, "sessionAffinity: ClientIP") + Slices(names, Cluster.PodA2, Cluster.PodB1));
        string answer = await client.ShouldGetAsync("pod-a2", "pod-b1");
        for (int i = 0; i < 6; i++)
        {
            using var other = Connect(names, ServiceWay.NodePort);
            (await other.AskAsync()).ShouldBe(answer);
        }
    }

    [Fact]
    public async Task ExternalTrafficPolicyLocal_OutsidersGetLocalEndpointsOrSilence_TheNodeItselfGetsAll()
    {
        var names = NextCase();
        Apply(names, Service(names, "externalTrafficPolicy: Local") + Slices(names, Cluster.PodA1));
        using var client = Connect(names, ServiceWay.NodePort);
        using var client6 = Connect(names, ServiceWay.NodePort, six: true);
        using var other = Connect(names, ServiceWay.WildcardNodePort);
        using var other6 = Connect(names, ServiceWay.WildcardNodePort, six: true);
        await client.ShouldGetAsync("pod-a1");
        await client6.ShouldGetAsync("pod-a1");
        await other.ShouldGetAsync(Host.Silence);
        using (var ofTheNode = Connect(names, ServiceWay.WildcardNodePort, from: Cluster.NodeB)) await ofTheNode.ShouldGetAsync("pod-a1");
        using (var ofItsPod = Connect(names, ServiceWay.WildcardNodePort, from: Cluster.PodB1.Host)) await ofItsPod.ShouldGetAsync("pod-a1");
        (await other.TryAskManyAsync(2)).ShouldAllBe(answer => answer == Host.Silence);
        (await other6.TryAskManyAsync(2)).ShouldAllBe(answer => answer == Host.Silence);
        using (var inside = Connect(names, ServiceWay.ClusterIP)) await inside.ShouldGetAsync("pod-a1");

        // The Pod moves: running flows follow the policy, too.
        Apply(names, Service(names, "externalTrafficPolicy: Local") + Slices(names, Cluster.PodB1));
        await other.ShouldGetAsync("pod-b1");
        await other6.ShouldGetAsync("pod-b1");
        await client.ShouldGetAsync(Host.Silence);
        await client6.ShouldGetAsync(Host.Silence);
    }

    [Fact]
    public async Task InternalTrafficPolicyLocal_NoEndpointHere_PortUnreachable()
    {
        var names = NextCase();
        Apply(names, Service(names, "internalTrafficPolicy: Local") + Slices(names, Cluster.PodB1));
        using var external = Connect(names, ServiceWay.NodePort);
        await external.ShouldGetAsync("pod-b1");
        using var client = Connect(names, ServiceWay.ClusterIP, from: Cluster.PodA2.Host);
        await client.ShouldGetAsync(Host.Refused);

        Apply(names, Service(names, "internalTrafficPolicy: Local") + Slices(names, Cluster.PodA1, Cluster.PodB1));
        await client.ShouldGetAsync("pod-a1");
    }

    [Fact]
    public async Task SourceRanges_LoadBalancerIPAnswersThemAlone_AndRunningFlowsFollow()
    {
        var names = NextCase();
        string Service(string range) => Yaml.Service(
            names.Service,
            $"type: LoadBalancer\nclusterIP: {names.ClusterIP}\nloadBalancerSourceRanges: [{range}]\nports: [{{port: {Port}, nodePort: {names.NodePort}, "
                + $"protocol: UDP}}]",
            $"loadBalancer: {{ingress: [{{ip: {names.LoadBalancerIP}}}]}}");
        Apply(names, Service("10.0.0.0/24") + Slices(names, Cluster.PodB1));
        using var outside = DatagramClient.Connect(Cluster.Client, names.LoadBalancerIP, Port);
        using var pod = DatagramClient.Connect(Cluster.PodA1.Host, names.LoadBalancerIP, Port);
        await outside.ShouldGetAsync("pod-b1");
        (await pod.TryAskManyAsync(2)).ShouldAllBe(answer => answer == Host.Silence);
        using (var byNodePort = Connect(names, ServiceWay.NodePort, from: Cluster.PodA1.Host)) await byNodePort.ShouldGetAsync("pod-b1");

        Apply(names, Service("10.244.0.0/16") + Slices(names, Cluster.PodB1));
        await pod.ShouldGetAsync("pod-b1");
        (await outside.TryAskManyAsync(2)).ShouldAllBe(answer => answer == Host.Silence);
        using (var byNodePort = Connect(names, ServiceWay.NodePort)) await byNodePort.ShouldGetAsync("pod-b1");
    }

    [Fact]
    public async Task ExternalIP_OfTheAllowList_IsServed()
    {
        var names = NextCase();
        var allowed = IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"198.51.100.{names.NodePort - 30000}"));
        Apply(
            names, Yaml.Service(names.Service, $"clusterIP: {names.ClusterIP}\nports: [{{port: {Port}, protocol: UDP}}]\nexternalIPs: [\"{allowed}\"]")
                + Slices(names, Cluster.PodA1));
        using var client = DatagramClient.Connect(Cluster.Client, allowed, Port);

        await client.ShouldGetAsync("pod-a1");
    }
}
