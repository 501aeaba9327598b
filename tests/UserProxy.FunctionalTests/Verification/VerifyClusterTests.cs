using System.Globalization;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Verification;

/// <summary>
/// <c>verify</c> of a proxy that follows a cluster: one planted fault for each step that is about the cluster's objects, and what it may not read.
/// </summary>
[StartsProgram]
public sealed class VerifyClusterTests : ApiServerCase
{
    private const string Ready = "{type: Ready, status: 'True'}";

    private string AdminPath => Path.Combine(Folder.FullName, "admin.sock");

    [Fact]
    public async Task Cluster_IsWell_AndIsOnlyRead()
    {
        await using var echo = Backend.Echo();
        var api = await ServeAsync(Service(""), Slice(echo), PodOf(echo, Ready), Policy("{from: [{ipBlock: {cidr: 127.0.0.0/8}}]}"));
        await StartAsync();
        int before = api.Requests.Count;

        var verified = await VerifyAsync("--dial", "--from-node");

        verified.ShouldBeWell();
        foreach (string step in (string[])["selector", "slices", "ports", "ready", "networkPolicy", "dial", "connection"])
            verified.VerdictOf(step).ShouldBe("ok", step);
        verified.WordsOf("selector").ShouldContain("app=web selects 1 Pod");
        // The run watches meanwhile.
        var asked = api.Requests.Skip(before).Where(request => !request.Query.Contains("watch", StringComparison.Ordinal)).ToList();
        asked.ShouldAllBe(request => request.Method == "GET");
        asked.Select(request => request.Path).Distinct().Order(StringComparer.Ordinal).ShouldBe([
            "/api/v1/namespaces/demo/pods", "/api/v1/namespaces/demo/services", "/apis/discovery.k8s.io/v1/namespaces/demo/endpointslices",
            "/apis/networking.k8s.io/v1/namespaces/demo/networkpolicies"]);
    }

    [Fact]
    public async Task RightsAreMissing_IsSaid_AndIsNoFault()
    {
        await using var echo = Backend.Echo();
        var api = await ServeAsync(Service(""), Slice(echo), PodOf(echo, Ready));
        await StartAsync();
        api.Faults.Forbidden.Add("pods");
        api.Faults.Forbidden.Add("networkpolicies");

        var verified = await VerifyAsync("--dial", "--from-node");

        verified.ShouldBeWell();
        (verified.VerdictOf("selector"), verified.VerdictOf("networkPolicy")).ShouldBe(("cannotBeSeen", "cannotBeSeen"));
        verified.WordsOf("selector").ShouldContain("kubectl -n demo get pods -l app=web");
        verified.WordsOf("networkPolicy").ShouldContain("kubectl -n demo get networkpolicies");
    }

    [Fact]
    public async Task Cluster_IsAway_IsSaid_AndIsNoFault()
    {
        await using var echo = Backend.Echo();
        var api = await ServeAsync(Service(""), Slice(echo), PodOf(echo, Ready));
        await StartAsync();
        await api.StopAsync();

        var verified = await VerifyAsync("--dial", "--from-node");

        verified.ShouldBeWell();
        (verified.VerdictOf("selector"), verified.VerdictOf("slices")).ShouldBe(("cannotBeSeen", "ok"));
    }

    [Fact]
    public async Task Service_OfAnotherProxy_IsNamed()
    {
        await ServeAsync(
            Service("").Replace(
                "namespace: demo", "namespace: demo, labels: {service.kubernetes.io/service-proxy-name: other}", StringComparison.Ordinal));
        await StartAsync();

        (await VerifyAsync()).ShouldName("service", "service-proxy-name: other");
    }

    [Fact]
    public async Task Service_Headless_IsServedByNobody()
    {
        await ServeAsync("{kind: Service, metadata: {name: web, namespace: demo}, spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80}]}}");
        await StartAsync();

        var verified = await VerifyAsync();

        (verified.Verdict, verified.ExitCode).ShouldBe(("notServed", 0));
    }

    [Fact]
    public async Task Selector_SelectsNothing_IsNamed_WithThePodThatWasMeant()
    {
        await using var echo = Backend.Echo();
        await ServeAsync(
            Service(""), "{kind: EndpointSlice, metadata: {name: web-1, namespace: demo, labels: {kubernetes.io/service-name: web}}, addressType: IPv4, "
                + "ports: [], endpoints: []}", PodOf(echo, Ready).Replace("app: web", "app: wbe", StringComparison.Ordinal));
        await StartAsync();

        (await VerifyAsync("--dial", "--from-node")).ShouldName("selector", "no Pod of namespace demo has app=web", "Pod web-1 has app=wbe");
    }

    [Fact]
    public async Task Slices_AreMissing_IsNamed()
    {
        await using var echo = Backend.Echo();
        await ServeAsync(Service(""), PodOf(echo, Ready));
        await StartAsync();

        (await VerifyAsync("--dial", "--from-node")).ShouldName("slices", "no EndpointSlice of namespace demo");
    }

    [Fact]
    public async Task PortName_IsInNoSlice_IsNamed_WithTheTargetPort()
    {
        await using var echo = Backend.Echo();
        await ServeAsync(
            Service(", name: http, targetPort: http"), Slice(echo).Replace("ports: [{", "ports: [{name: web, ", StringComparison.Ordinal), PodOf(echo, Ready));
        await StartAsync();

        (await VerifyAsync("--dial", "--from-node")).ShouldName("ports", "a port named http (TCP); they have a port named web (TCP)", "targetPort is http");
    }

    [Fact]
    public async Task Endpoints_AreNotReady_IsNamed_WithThePodsCondition()
    {
        await using var echo = Backend.Echo();
        await ServeAsync(
            Service(""), Slice(echo, "conditions: {ready: false}"),
            PodOf(echo, "{type: ContainersReady, status: 'False', reason: ContainersNotReady, message: 'containers with unready status: [web]'}"));
        await StartAsync();

        (await VerifyAsync("--dial", "--from-node")).ShouldName(
            "ready", "its only endpoint may not be used", "Pod web-1: ContainersReady is False (ContainersNotReady)", "kubectl -n demo describe pod web-1");
    }

    [Fact]
    public async Task NetworkPolicy_LeavesThisNodeOut_IsNamed()
    {
        await using var refusing = Backend.Refusing();
        await ServeAsync(
            Service(""), Slice(refusing), PodOf(refusing, Ready), Policy("{from: [{ipBlock: {cidr: 10.0.0.0/8}}, {podSelector: {}}]}"));
        await StartAsync();

        (await VerifyAsync("--dial", "--from-node")).ShouldName("networkPolicy", "NetworkPolicy closed lets nobody in from 127.0.0.1 (this node)");
        // Nothing is known of it without a dial.
        (await VerifyAsync()).ShouldName("networkPolicy");
    }

    [Fact]
    public async Task NetworkPolicy_ThatIsNotEnforced_IsARemark()
    {
        await using var echo = Backend.Echo();
        await ServeAsync(Service(""), Slice(echo), PodOf(echo, Ready), Policy("{from: [{podSelector: {}}]}"));
        await StartAsync();

        var verified = await VerifyAsync("--dial", "--from-node");

        verified.ShouldBeWell();
        verified.WordsOf("networkPolicy").ShouldContain("and yet it answers");
    }

    private Task<Verified> VerifyAsync(params string[] more) =>
        Verified.RunAsync(null, AdminPath, ["demo/web", "--kubeconfig", Path.Combine(Folder.FullName, "kubeconfig"), .. more]);

    private async Task StartAsync()
    {
        Start(TransportKind.Epoll);
        using var admin = new AdminSocket(AdminPath);
        await Eventually.IsTrue(admin.ServesAsync, "the proxy serves");
    }

    private string Service(string port) => string.Create(
        CultureInfo.InvariantCulture,
        $"{{kind: Service, metadata: {{name: web, namespace: demo}}, spec: {{type: NodePort, clusterIP: 10.96.0.1, selector: {{app: web}}, ports: "
            + $"[{{port: 80, nodePort: {Port}{port}}}]}}}}");

    private static string Slice(Backend backend, string endpoint = "nodeName: node-2") => string.Create(
        CultureInfo.InvariantCulture,
        $"{{kind: EndpointSlice, metadata: {{name: web-1, namespace: demo, labels: {{kubernetes.io/service-name: web}}}}, addressType: IPv4, "
            + $"ports: [{{port: {backend.EndPoint.Port}}}], endpoints: [{{addresses: [\"127.0.0.1\"], {endpoint}}}]}}");

    private static string PodOf(Backend backend, string condition) => string.Create(
        CultureInfo.InvariantCulture,
        $"{{kind: Pod, metadata: {{name: web-1, namespace: demo, labels: {{app: web}}}}, spec: {{nodeName: node-2, containers: [{{name: web, ports: "
            + $"[{{containerPort: {backend.EndPoint.Port}}}]}}]}}, status: {{phase: Running, podIP: 127.0.0.1, podIPs: [{{ip: 127.0.0.1}}], conditions: "
            + $"[{condition}]}}}}");

    private static string Policy(string rule) =>
        $"{{kind: NetworkPolicy, metadata: {{name: closed, namespace: demo}}, spec: {{podSelector: {{matchLabels: {{app: web}}}}, policyTypes: [Ingress], "
            + $"ingress: [{rule}]}}}}";
}
