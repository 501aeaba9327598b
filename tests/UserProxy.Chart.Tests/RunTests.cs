using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using UserProxy.Chart.Tests.Support;
using UserProxy.FakeApiServer;

namespace UserProxy.Chart.Tests;

/// <summary>The container that the chart describes, run: on a fake API server, with its own arguments, environment, configuration and probes.</summary>
[StartsProgram]
public class RunTests
{
    private static readonly int NodePort = FreePort.Next();

    private static string Service(string name, string labels) => string.Create(
        CultureInfo.InvariantCulture,
        $"{{kind: Service, metadata: {{name: {name}, namespace: demo, labels: {{{labels}}}}}, spec: {{type: NodePort, clusterIP: 10.96.0.1, ports: [{{port: "
            + $"80, nodePort: {NodePort}}}]}}}}");

    private static string Slice(string name) =>
        $"{{kind: EndpointSlice, metadata: {{name: {name}-1, namespace: demo, labels: {{kubernetes.io/service-name: {name}}}}}, addressType: IPv4, ports: "
            + $"[{{port: 8080}}], endpoints: [{{addresses: [10.244.0.7]}}]}}";

    /// <summary>Every request of a run: lists, watches, a list anew, and an Event. The ClusterRole gives these rights, and no other.</summary>
    [Fact]
    public async Task ClusterRole_AgainstTheRequestsOfARun_IsNoMoreAndNoLess()
    {
        Helm.SkipWithout();
        using var squatter = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        squatter.Bind(new IPEndPoint(IPAddress.Any, NodePort));
        squatter.Listen();
        await using var api = await ApiServer.StartAsync(new ServerSettings { BookmarkInterval = TimeSpan.FromMilliseconds(200) });
        foreach (string item in (string[])["{kind: Node, metadata: {name: node-1}}", Service("web", "service.kubernetes.io/service-proxy-name: userproxy"),
            Slice("web")]) api.Apply(item);
        await using var process = new ChartProcess();
        var objects = await ChartFolder.ObjectsAsync(["--set-string", "clusterIps=off", .. process.Values]);
        process.Start(objects, api.Kubeconfig());

        await Eventually.IsTrue(() => api.Events.Count > 0, "an Event says that the port is taken");
        await api.StopAsync();
        api.Compact(); // after the stop: a bookmark would tell the watches where the history begins now
        int before = Lists();
        await api.ResumeAsync();
        await Eventually.IsTrue(() => api.Watches == 3 && Lists() > before, "what has changed meanwhile is listed anew");

        var used = api.Requests.Select(request => request.Right).Distinct();
        RightsOf(objects.OfKind("ClusterRole")).ShouldBe(used, ignoreOrder: true);

        int Lists() => api.Requests.Count(request => request.Right.Verb == "list");
    }

    /// <summary>With rbac.verify the role has what <c>verify</c> asks for besides, and no other.</summary>
    [Fact]
    public async Task ClusterRole_ForVerify_IsNoMoreAndNoLess()
    {
        Helm.SkipWithout();
        await using var api = await ApiServer.StartAsync();
        foreach (string item in (string[])["{kind: Node, metadata: {name: node-1}}", Service("web", "service.kubernetes.io/service-proxy-name: userproxy")
            .Replace("spec: {", "spec: {selector: {app: web}, ", StringComparison.Ordinal), Slice("web")]) api.Apply(item);
        await using var process = new ChartProcess();
        var plain = await ChartFolder.ObjectsAsync(["--set-string", "clusterIps=off", .. process.Values]);
        var objects = await ChartFolder.ObjectsAsync(["--set-string", "clusterIps=off", "--set", "rbac.verify=true", .. process.Values]);
        process.Mount("/etc/userproxy/cluster.conf", api.Kubeconfig());
        process.Start(objects, api.Kubeconfig());
        await Eventually.IsTrue(async () => await process.ProbeAsync("readinessProbe") == HttpStatusCode.OK, "it is ready");
        var rights = RightsOf(plain.OfKind("ClusterRole")).ToList();

        var verified = await process.ExecAsync("verify", "demo/web", "-o", "json", "--kubeconfig", process.PathOf("/etc/userproxy/cluster.conf"));

        var steps = JsonNode.Parse(verified.Output)!["steps"]!.AsArray();
        steps.Single(step => step!["step"]!.GetValue<string>() == "selector")!["says"]!.GetValue<string>().ShouldContain("no Pod of namespace demo");
        RightsOf(objects.OfKind("ClusterRole")).ShouldBe(
            rights.Concat(api.Requests.Select(request => request.Right)).Distinct(), ignoreOrder: true);
    }

    [Fact]
    public async Task LabelMode_ServesLabelledServicesAlone_AndItsProbesAnswer()
    {
        Helm.SkipWithout();
        await using var api = await ApiServer.StartAsync();
        foreach (string item in (string[])["{kind: Node, metadata: {name: node-1}}", Service("web", "service.kubernetes.io/service-proxy-name: userproxy"),
            Slice("web")]) api.Apply(item);
        api.Apply(
            "{kind: Service, metadata: {name: other, namespace: demo}, spec: {type: NodePort, clusterIP: 10.96.0.2, ports: [{port: 80, nodePort: 31999}]}}");
        await using var process = new ChartProcess();
        process.Start(await ChartFolder.ObjectsAsync(["--set-string", "clusterIps=off", .. process.Values]), api.Kubeconfig());

        await Eventually.IsTrue(async () => await process.ProbeAsync("readinessProbe") == HttpStatusCode.OK, "it is ready");
        (await process.ProbeAsync("startupProbe")).ShouldBe(HttpStatusCode.OK);
        (await process.ProbeAsync("livenessProbe")).ShouldBe(HttpStatusCode.OK);
        var listed = await process.ExecAsync("list", "-o", "json");
        listed.ExitCode.ShouldBe(0, listed.Error);
        var list = JsonNode.Parse(listed.Output)!;
        list["node"]!.GetValue<string>().ShouldBe("node-1");
        list["services"]!.AsArray().Select(service => service!["name"]!.GetValue<string>()).ShouldBe(["web"]);

        var (code, took) = await process.TerminateAsync();
        code.ShouldBe(0);
        took.ShouldBeLessThan(TimeSpan.FromSeconds(15), "the grace period of the Pod");
    }

    /// <summary>As the DaemonSet's controller does it with maxSurge: the second Pod is ready, then the first one is ended. And back.</summary>
    [Fact]
    public async Task HandOver_TwoPodsOfANode_EachProbeIsAnsweredByItsOwnPod()
    {
        Helm.SkipWithout();
        await using var api = await ApiServer.StartAsync();
        foreach (string item in (string[])["{kind: Node, metadata: {name: node-1}}", Service("web", "service.kubernetes.io/service-proxy-name: userproxy"),
            Slice("web")]) api.Apply(item);
        await using var first = new ChartProcess();
        var objects = await ChartFolder.ObjectsAsync(["--set", "handOver.enabled=true", "--set-string", "clusterIps=off", .. first.Values]);
        first.Start(objects, api.Kubeconfig());
        await ReadyAsync(first);

        await using var second = new ChartProcess(beside: first);
        second.Start(objects, api.Kubeconfig());
        (await second.ExecProbeAsync("startupProbe")).ShouldNotBeNull();
        await ReadyAsync(second);

        var old = await first.ExecProbeAsync("readinessProbe");
        (old.ExitCode, old.Output).ShouldBe((1, "not ready: another process has taken over\n"));
        (await first.ExecProbeAsync("livenessProbe")).ExitCode.ShouldBe(0, first.Said);
        await Eventually.IsTrue(() => first.Said.Contains("[585]", StringComparison.Ordinal), "it has drained, and waits to be ended");
        (await first.ExecProbeAsync("livenessProbe")).ExitCode.ShouldBe(0, first.Said);
        (await first.TerminateAsync()).ExitCode.ShouldBe(0, first.Said);
        (await second.ExecProbeAsync("readinessProbe")).ExitCode.ShouldBe(0, second.Said);
        (await second.ExecAsync("list")).ExitCode.ShouldBe(0);
    }

    /// <summary>A next version that crashes after it has taken over must not leave the node with a Pod that only waits for its end.</summary>
    [Fact]
    public async Task HandOver_SuccessorIsGone_TheDrainedPodEndsToBeStartedAgain()
    {
        Helm.SkipWithout();
        await using var api = await ApiServer.StartAsync();
        foreach (string item in (string[])["{kind: Node, metadata: {name: node-1}}", Service("web", "service.kubernetes.io/service-proxy-name: userproxy"),
            Slice("web")]) api.Apply(item);
        await using var first = new ChartProcess();
        var objects = await ChartFolder.ObjectsAsync(["--set", "handOver.enabled=true", "--set-string", "clusterIps=off", .. first.Values]);
        first.Start(objects, api.Kubeconfig());
        await ReadyAsync(first);
        await using (var second = new ChartProcess(beside: first))
        {
            second.Start(objects, api.Kubeconfig());
            await ReadyAsync(second);
            await Eventually.IsTrue(() => first.Said.Contains("[585]", StringComparison.Ordinal), "it has drained, and waits to be ended");
            first.HasExited.ShouldBeFalse(first.Said);
        }

        await Eventually.IsTrue(() => first.HasExited, "it has seen that nobody serves");
        first.Said.ShouldContain("[586]");
        first.Restart();
        await ReadyAsync(first);
    }

    private static Task<TimeSpan> ReadyAsync(ChartProcess pod) =>
        Eventually.IsTrue(async () => (await pod.ExecProbeAsync("readinessProbe")).ExitCode == 0, $"it is ready: {pod.Said}");

    /// <summary>The phase before an uninstallation: ready although there is nothing to serve, and without a cluster.</summary>
    [Fact]
    public async Task Cleanup_ServesNothing_AndIsReady()
    {
        Helm.SkipWithout();
        await using var process = new ChartProcess();
        var objects = await ChartFolder.ObjectsAsync(["--set", "cleanup=true", .. process.Values]);
        process.Start(objects, kubeconfig: null);

        await Eventually.IsTrue(async () => await process.ProbeAsync("readinessProbe") == HttpStatusCode.OK, "it is ready");
        var listed = await process.ExecAsync("list", "-o", "json");
        JsonNode.Parse(listed.Output)!["services"]!.AsArray().ShouldBeEmpty();
        (await process.TerminateAsync()).ExitCode.ShouldBe(0);
    }

    /// <summary>The ConfigMap that kubeadm writes for kube-proxy, as it is: a configuration of its kind, and the kubeconfig that this names.</summary>
    [Fact]
    public async Task ExistingConfigMap_OfKubeadm_IsServedFrom()
    {
        Helm.SkipWithout();
        const string Configuration = """
            apiVersion: kubeproxy.config.k8s.io/v1alpha1
            bindAddress: 0.0.0.0
            bindAddressHardFail: false
            clientConnection: {acceptContentTypes: "", burst: 0, contentType: "", kubeconfig: /var/lib/kube-proxy/kubeconfig.conf, qps: 0}
            clusterCIDR: 10.244.0.0/16
            configSyncPeriod: 0s
            conntrack: {maxPerCore: null, min: null, tcpCloseWaitTimeout: null, tcpEstablishedTimeout: null}
            enableProfiling: false
            healthzBindAddress: ""
            hostnameOverride: ""
            iptables: {masqueradeAll: false, masqueradeBit: null, minSyncPeriod: 0s, syncPeriod: 0s}
            ipvs: {excludeCIDRs: null, minSyncPeriod: 0s, scheduler: "", strictARP: false, syncPeriod: 0s}
            kind: KubeProxyConfiguration
            metricsBindAddress: ""
            mode: ""
            nodePortAddresses: null
            portRange: ""
            """;
        await using var api = await ApiServer.StartAsync();
        foreach (string item in (string[])["{kind: Node, metadata: {name: node-1}}", Service("web", ""), Slice("web")]) api.Apply(item);
        await using var process = new ChartProcess();
        string[] values = [
            "--set", "mode=all,existingConfigMap.name=kube-proxy,existingConfigMap.key=config.conf,existingConfigMap.mountPath=/var/lib/kube-proxy",
            "--set-string", "clusterIps=off"];
        var objects = await ChartFolder.ObjectsAsync([.. values, .. process.Values]);
        objects.ShouldNotContain(item => item["kind"]!.GetValue<string>() == "ConfigMap");
        process.Mount("/var/lib/kube-proxy/config.conf", Configuration);
        process.Mount("/var/lib/kube-proxy/kubeconfig.conf", api.Kubeconfig());
        process.Start(objects, kubeconfig: null);

        await Eventually.IsTrue(async () => await process.ProbeAsync("readinessProbe") == HttpStatusCode.OK, "it is ready");
        var listed = await process.ExecAsync("list", "demo/web");
        listed.Output.ShouldContain("Listening");
    }

    private static IEnumerable<ApiRight> RightsOf(JsonObject role) =>
        from rule in role["rules"]!.AsArray()
        from ApiRight right in
            from string @group in Words(rule["apiGroups"])
            from string resource in Words(rule["resources"])
            from string verb in Words(rule["verbs"])
            select new ApiRight(@group, resource, verb)
        select right;

    private static IEnumerable<string> Words(JsonNode? list) => list!.AsArray().Select(word => word!.GetValue<string>());
}
