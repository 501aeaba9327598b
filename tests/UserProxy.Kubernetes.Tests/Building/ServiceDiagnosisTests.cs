using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Manifests;

namespace UserProxy.Kubernetes.Tests.Building;

/// <summary>What a manifest declares without fault, and nobody is served by.</summary>
public sealed class ServiceDiagnosisTests
{
    private const string SliceOf =
        "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: web-1, labels: {kubernetes.io/service-name: web}}\n"
            + "addressType: IPv4\nports: [{port: 9001}]\nendpoints: ";

    private const string SliceOfUdp =
        "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: web-1, labels: {kubernetes.io/service-name: web}}\n"
            + "addressType: IPv4\nports: [{port: 9001, protocol: UDP}]\nendpoints: ";

    private const string Slice = SliceOf + "[{addresses: [127.0.0.1]}]\n";

    private const string TwoPorts =
        "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: web-1, labels: {kubernetes.io/service-name: web}}\n"
            + "addressType: IPv4\nports: [{port: 9001}, {name: b, port: 9002}]\nendpoints: ";

    private const string OfWeb = "{clusterIP: 10.96.0.7, ports: [{port: 80}]}", Unready2 = "{addresses: [127.0.0.3], conditions: {ready: false}}";

    private const string OfLocal = "{type: NodePort, externalTrafficPolicy: Local, ports: [{port: 80, nodePort: 30001}]}";

    private const string Unready = "{addresses: [127.0.0.1], conditions: {ready: false}}", Leaving =
        "{addresses: [127.0.0.2], conditions: {ready: false, serving: true, terminating: true}}";

    [Theory]
    [InlineData("{clusterIP: 10.96.0.7, ports: [{port: 80}]}", Slice, "")]
    [InlineData("{clusterIP: 10.96.0.7}", Slice, "NoPorts it declares no ports (web.yaml:1)")]
    [InlineData("{ports: [{port: 80}]}", Slice, "NoAddress it has no clusterIP, no nodePort and no address of a load balancer")]
    [InlineData("{clusterIP: 10.96.0.7, ports: [{port: 80}]}", "", "NoEndpointSlice has the label kubernetes.io/service-name=web: with manifests nobody")]
    [InlineData("{clusterIP: 10.96.0.7, selector: {app: web}, ports: [{port: 80}]}", "", "NoEndpointSlice nobody makes one of a selector (web.yaml:1)")]
    [InlineData("{clusterIP: 'fd00::7', ports: [{port: 80}]}", Slice, "NoEndpointSlice none of the Service's EndpointSlices has addressType IPv6")]
    [InlineData("{clusterIP: 10.96.0.7, ports: [{name: http, port: 80}]}", Slice, "NoMatchingPort a port named http for TCP; they have an unnamed port")]
    [InlineData("{clusterIP: 10.96.0.7, ports: [{port: 80, protocol: UDP}]}", Slice, "NoMatchingPort has an unnamed port for UDP")]
    [InlineData("{clusterIP: None, ports: [{port: 80}]}", Slice, "LeftOut it is headless (clusterIP: None)")]
    [InlineData("{type: ExternalName, externalName: a.example}", "", "LeftOut its type ExternalName is an alias in DNS")]
    [InlineData(OfWeb, SliceOf + "[" + Unready + "]\n", "NoReadyEndpoint its only endpoint is not ready: connections are refused")]
    [InlineData("{clusterIP: 10.96.0.7, ports: [{port: 53, protocol: UDP}]}", SliceOfUdp + "[" + Unready + "]\n",
        "NoReadyEndpoint its only endpoint is not ready: datagrams are answered with \"port unreachable\" until conditions.ready")]
    [InlineData("{clusterIP: 10.96.0.7, ports: [{port: 53, protocol: UDP}]}", SliceOfUdp + "[]\n",
        "NoEndpoints its EndpointSlice has no endpoints: datagrams are answered with \"port unreachable\" until it has one")]
    [InlineData(OfWeb, SliceOf + "[" + Unready + ", " + Unready2 + "]\n", "NoReadyEndpoint none of its 2 endpoints is ready")]
    [InlineData("{clusterIP: 10.96.0.7, ports: [{port: 80}, {name: b, port: 81}]}", TwoPorts + "[" + Unready + "]\n", "NoReadyEndpoint its only endpoint")]
    [InlineData(OfWeb, SliceOf + "[" + Unready + ", " + Leaving + "]\n", "")]
    [InlineData(OfWeb, SliceOf + "[]\n", "NoEndpoints its EndpointSlice has no endpoints: connections are refused until it has one (web.yaml:6)")]
    [InlineData(OfLocal, SliceOf + "[{addresses: [127.0.0.1]}]\n", "NoEndpointNode clients from outside are served on no node (web.yaml:6)")]
    [InlineData(OfLocal, SliceOf + "[{addresses: [127.0.0.1]}, {addresses: [127.0.0.2], nodeName: another}]\n", "")]
    public void Service_ThatServesNobody_IsTold(string spec, string slice, string expected)
    {
        string[] said =
        [
            .. Issues($"apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {spec}\n{slice}").Select(issue => $"{issue.Reason} {issue.Message}"),
        ];

        if (expected.Length == 0)
        {
            said.ShouldBeEmpty();
            return;
        }

        var (reason, words) = (expected.Split(' ')[0], expected[(expected.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
        said.ShouldHaveSingleItem().ShouldStartWith($"{reason} ");
        said[0].ShouldContain(words);
    }

    [Fact]
    public void Service_OfAnotherProxy_IsTold() =>
        Issues(
            "apiVersion: v1\nkind: Service\nmetadata: {name: web, labels: {service.kubernetes.io/service-proxy-name: cilium}}\n"
                + "spec: {ports: [{port: 80}]}\n")
            .ShouldHaveSingleItem().Message.ShouldContain("left to another proxy: its label service.kubernetes.io/service-proxy-name is \"cilium\"");

    [Fact]
    public void Slice_OfNoService_IsTold() =>
        Issues(Slice).ShouldHaveSingleItem().ToString().ShouldBe(
            "EndpointSlice default/web-1: no Service default/web is declared, whose endpoints its label kubernetes.io/service-name says these are (web.yaml:2) "
                + "(NoSuchService)");

    /// <summary>The Service is there, and broken: that it is missing would be a lie.</summary>
    [Fact]
    public void Slice_OfABrokenService_IsNotTold() =>
        Issues("apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: many}]}\n" + Slice).ShouldBeEmpty();

    [Theory]
    [InlineData("{ip: 192.0.2.10, ipMode: Proxy}", true, "its ipMode is \"Proxy\"")]
    [InlineData("{ip: 192.0.2.10}", false, "load balancers' addresses are not served by this run")]
    [InlineData("{ip: 192.0.2.10}", true, null)]
    public void BalancerAddress_NotServed_IsTold(string ingress, bool served, string? why)
    {
        string text = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: LoadBalancer, clusterIP: 10.96.0.7, ports: [{port: 80}]}\n"
            + $"status: {{loadBalancer: {{ingress: [{ingress}]}}}}\n{Slice}";

        string[] said = [.. Issues(text, served).Select(issue => $"{issue.Reason} {issue.Message}")];

        if (why is null) said.ShouldBeEmpty();
        else said.ShouldHaveSingleItem().ShouldStartWith($"AddressNotServed not served: LoadBalancer 192.0.2.10:80: {why}");
    }

    [Theory]
    [InlineData("CAP_NET_ADMIN is missing", "ClusterIPs are not served by this run (CAP_NET_ADMIN is missing)")]
    [InlineData(null, "ClusterIPs are not served by this run (--cluster-ips, and the right to add routes)")]
    public void ClusterIP_NotServed_SaysWhatKeepsTheRunFromIt(string? because, string says)
    {
        var content = ManifestReader.ReadText("web.yaml", $"apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {OfWeb}\n{Slice}");
        var state = ManifestState.Merge([(content, content.Problems)], []);
        var options = new BuildOptions { NodeName = "node-1", ClusterIPsOffBecause = because };

        var port = ClusterCache.Build(1, state.Services, state.EndpointSlices, null, options).Ports.ShouldHaveSingleItem();

        port.NotServed.ShouldHaveSingleItem().Because.ShouldBe(says);
        ServiceDiagnosis.IsClusterIPsOff(says).ShouldBeTrue();
    }

    private static IReadOnlyList<Model.TableIssue> Issues(string text, bool balancers = false)
    {
        var content = ManifestReader.ReadText("web.yaml", text);
        var state = ManifestState.Merge([(content, content.Problems)], []);
        var options = new BuildOptions { NodeName = "node-1", ClusterIPs = true, LoadBalancerIPs = balancers };
        return ServiceDiagnosis.Of(state, ClusterCache.Build(1, state.Services, state.EndpointSlices, null, options));
    }
}
