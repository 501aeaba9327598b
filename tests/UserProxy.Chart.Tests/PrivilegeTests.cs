using System.Globalization;
using System.Text.Json.Nodes;
using UserProxy.Chart.Tests.Support;

namespace UserProxy.Chart.Tests;

/// <summary>What the security profiles allow is little, and it is enough: the program is run with exactly that, in a network namespace of its own.</summary>
[StartsProgram]
public sealed class PrivilegeTests : IDisposable
{
    /// <summary>Serves a labelled Service from a manifest, on a read-only root file system, and says on one line each what it has found.</summary>
    private const string Script = """
        set -e
        exec 2>&1
        ip link set lo up
        mkdir -p /run/userproxy
        mount -t tmpfs tmpfs /run/userproxy
        chmod 0777 /run/userproxy
        mount -o remount,bind,ro /
        if touch /etc/userproxy-test; then echo root is writable; rm -f /etc/userproxy-test; exit 1; fi
        cp -r "$MANIFESTS" /run/userproxy/manifests
        chmod -R a+rX /run/userproxy/manifests
        $AS "$USERPROXY" run --manifests=/run/userproxy/manifests "$@" >/dev/null 2>/run/userproxy/log &
        pid=$!
        for i in $(seq 100); do
            $AS "$USERPROXY" list -o json >/run/userproxy/list 2>/dev/null && grep -q Listening /run/userproxy/list && break
            kill -0 $pid || break
            sleep 0.1
        done
        $AS "$USERPROXY" list || cat /run/userproxy/log
        kill -TERM $pid
        wait $pid && echo run: $?
        $AS "$USERPROXY" cleanup && echo cleanup: $?
        """;

    private const string Manifest = """
        kind: Service
        apiVersion: v1
        metadata: {name: web, namespace: demo, labels: {service.kubernetes.io/service-proxy-name: userproxy}}
        spec: {type: NodePort, clusterIP: 10.96.0.5, ports: [{port: 80, nodePort: 30080}]}
        ---
        kind: EndpointSlice
        apiVersion: discovery.k8s.io/v1
        metadata: {name: web-1, namespace: demo, labels: {kubernetes.io/service-name: web}}
        addressType: IPv4
        ports: [{port: 8080}]
        endpoints: [{addresses: [127.0.0.1]}]
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-chart-");

    public static TheoryData<string> Cases => ValuesCase.Names;

    [Fact]
    public async Task Full_TwoCapabilitiesAndAReadOnlyRoot_ServeClusterIPsAndCleanUp()
    {
        Programs.Need("nft");
        string said = await RunAsync("full");
        Assert.SkipWhen(said.Contains("nft refused the rules", StringComparison.Ordinal), "this kernel has no nft_socket or nft_reject");
        said.ShouldContain("ClusterIP   10.96.0.5:80      Listening");
        said.ShouldContain("NodePort    127.0.0.1:30080   Listening");
        said.ShouldContain("run: 0");
        // The end of one that serves files takes its routes and rules back, with these two capabilities and this root.
        said.ShouldContain("nothing to remove\ncleanup: 0");
    }

    [Fact]
    public async Task NodePorts_NoCapabilityAndNoRoot_ServeNodePorts()
    {
        string said = await RunAsync("node-ports");
        said.ShouldContain("NodePort   0.0.0.0:30080   Listening");
        said.ShouldNotContain("ClusterIP  ");
        said.ShouldContain("run: 0");
    }

    /// <summary>In whatever the chart makes, whoever changes it: nothing that a node agent of this kind has no need for, or that the values ask for.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Pods_OfEachCase_AskForNothingMore(string name)
    {
        var objects = await ChartFolder.ObjectsAsync(new ValuesCase(name).Arguments);
        foreach (var spec in objects.Select(
            item => item["kind"]!.GetValue<string>() switch { "DaemonSet" => item["spec"]!["template"]!["spec"], "Pod" => item["spec"], _ => null })
                .OfType<JsonObject>())
        {
            spec.ContainsKey("hostPID").ShouldBeFalse();
            spec.ContainsKey("hostIPC").ShouldBeFalse();
            string[] allowed = name is "every-setting" or "uring" or "uring-overrides" ? ["RuntimeDefault", "Localhost", "Unconfined"] : ["RuntimeDefault"];
            spec["securityContext"]!["seccompProfile"]!["type"]!.GetValue<string>().ShouldBeOneOf(allowed);
            var paths = (spec["volumes"]?.AsArray() ?? []).Select(volume => volume!["hostPath"]?["path"]!.GetValue<string>()).OfType<string>();
            if (name == "snapshot-node") paths.ShouldBeSubsetOf(["/var/lib/userproxy/kube-system-userproxy"]);
            else if (name == "hand-over") paths.ShouldBeSubsetOf(["/run/userproxy/kube-system-userproxy"]);
            else paths.ShouldBeEmpty();
            foreach (var container in new[] { spec["initContainers"], spec["containers"] }.OfType<JsonArray>().SelectMany(list => list))
            {
                var context = container!["securityContext"]!;
                context["privileged"]!.GetValue<bool>().ShouldBeFalse();
                context["allowPrivilegeEscalation"]!.GetValue<bool>().ShouldBeFalse();
                context["readOnlyRootFilesystem"]!.GetValue<bool>().ShouldBeTrue();
                Words(context["capabilities"]!["drop"]).ShouldBe(["ALL"]);
                string[] added = Words(context["capabilities"]!["add"]);
                added.ShouldBeSubsetOf(["NET_ADMIN", "NET_BIND_SERVICE"]);
                if (added.Length == 0) context["runAsNonRoot"]!.GetValue<bool>().ShouldBeTrue();
                container.AsObject().ContainsKey("ports").ShouldBeFalse("a declared port is reserved on the node");
            }
        }
    }

    /// <summary>Those that only clean up, or ask, make no ring; a node without the file must be cleaned, too.</summary>
    [Theory]
    [InlineData("cleanup=true")]
    [InlineData("mode=node-affinity,k8sServiceHost=192.0.2.10")]
    public async Task Seccomp_OfPodsThatOnlyCleanUp_IsTheRuntimesDefault(string set)
    {
        var objects = await ChartFolder.ObjectsAsync("--set", $"{set},seccompProfile.type=Localhost");
        var profiles =
            from item in objects
            where item["kind"]!.GetValue<string>() == "DaemonSet"
            let pod = item["spec"]!["template"]!["spec"]!
            select (Cleans: pod.AsObject().ContainsKey("initContainers"), Profile: pod["securityContext"]!["seccompProfile"]!.ToJsonString());
        foreach (var (cleans, profile) in profiles)
            profile.ShouldBe(cleans ? """{"type":"RuntimeDefault"}""" : """{"localhostProfile":"userproxy/uring.json","type":"Localhost"}""");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task<string> RunAsync(string profile)
    {
        string[] tools = [Programs.Need("unshare"), Programs.Need("setpriv"), Programs.Need("ip")];
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "namespaces and capabilities need root");
        var container = (await ChartFolder.ObjectsAsync("--set", $"securityProfile={profile}")).Container();
        File.WriteAllText(Path.Combine(_folder.FullName, "web.yaml"), Manifest);
        var variables = new Dictionary<string, string>
        {
            ["AS"] = $"{tools[1]} {SetPrivOf(container["securityContext"]!)}",
            ["USERPROXY"] = TestedProgram.Path,
            ["MANIFESTS"] = _folder.FullName,
        };
        foreach (var variable in container["env"]!.AsArray())
        {
            if (variable!["value"] is { } value) variables[variable["name"]!.GetValue<string>()] = value.GetValue<string>();
        }

        // Its own settings, without the configuration file and the cluster.
        var arguments = container.Arguments().Skip(1).Where(argument => !argument.StartsWith("--config=", StringComparison.Ordinal));
        var probe = await Ran.ToItsEndAsync(tools[0], ["--net", "--mount", "true"]);
        Assert.SkipUnless(probe.ExitCode == 0, $"no namespace can be made here: {probe.Error}");
        var readable = await Ran.ToItsEndAsync("/bin/sh", ["-c", "exec $AS \"$USERPROXY\" version"], variables: variables);
        Assert.SkipUnless(readable.ExitCode == 0, $"other users cannot start what was built here: {readable.Error}");
        return (await Ran.ToItsEndAsync(tools[0], ["--net", "--mount", "/bin/bash", "-c", Script, "test", .. arguments], variables: variables)).Output;
    }

    /// <summary>A container's security context in the words of setpriv(1).</summary>
    private static string SetPrivOf(JsonNode context)
    {
        string kept = string.Concat(Words(context["capabilities"]!["add"]).Select(capability => $",+{capability.ToLowerInvariant()}"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"--reuid {context["runAsUser"]} --regid {context["runAsGroup"]} --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all{kept}");
    }

    private static string[] Words(JsonNode? list) => [.. (list?.AsArray() ?? []).Select(word => word!.GetValue<string>())];
}
