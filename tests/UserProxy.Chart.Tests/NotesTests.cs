using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using UserProxy.Chart.Tests.Support;

namespace UserProxy.Chart.Tests;

/// <summary>What helm prints after an installation.</summary>
public partial class NotesTests
{
    public static TheoryData<string> Cases => ValuesCase.Names;

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Install_DryRun_PrintsTheNextThreeCommands(string name)
    {
        var values = new ValuesCase(name);
        string notes = await NotesAsync([.. values.Values]);
        values.ShouldBeAs("notes.txt", notes);
        CommandLine().Count(notes).ShouldBe(3, "the next three commands stand on lines of their own");
    }

    /// <summary>The DaemonSet is where the commands look for it, whatever the release is called.</summary>
    [Fact]
    public async Task Install_AnotherNameAndNamespace_CommandsNameThem()
    {
        string notes = await NotesAsync(["--set", "mode=all", "--set", "k8sServiceHost=192.0.2.10"], "edge", "network");
        notes.ShouldContain("kubectl -n network rollout status daemonset/edge-userproxy");
        notes.ShouldContain("helm -n network test edge");
        notes.ShouldContain("kubectl label namespace network pod-security.kubernetes.io/enforce=privileged");
    }

    /// <summary>kubectl itself takes the patch that keeps kube-proxy off the nodes, and it says what it should.</summary>
    [Fact]
    public async Task PatchOfKubeProxy_AppliedByKubectl_KeepsItOffTheNodes()
    {
        string notes = await NotesAsync(["--set", "mode=node-affinity", "--set", "k8sServiceHost=192.0.2.10"]);
        string patch = PatchArgument().Match(notes).Groups[1].Value;
        const string KubeProxy = """
            apiVersion: apps/v1
            kind: DaemonSet
            metadata: {name: kube-proxy, namespace: kube-system}
            spec:
              selector: {matchLabels: {k8s-app: kube-proxy}}
              template:
                metadata: {labels: {k8s-app: kube-proxy}}
                spec: {nodeSelector: {kubernetes.io/os: linux}, containers: [{name: kube-proxy, image: kube-proxy}]}
            """;
        var ran = await Ran.ToItsEndAsync(Programs.Need("kubectl"), ["patch", "--local", "-f", "-", "-p", patch, "-o", "json"], KubeProxy);
        ran.ExitCode.ShouldBe(0, ran.Error);
        var spec = JsonNode.Parse(ran.Output)!["spec"]!["template"]!["spec"]!;
        var term = spec["affinity"]!["nodeAffinity"]!["requiredDuringSchedulingIgnoredDuringExecution"]!["nodeSelectorTerms"]![0]!["matchExpressions"]![0]!;
        term.ToJsonString().ShouldBe("""{"key":"userproxy.io/node","operator":"DoesNotExist"}""");
        spec["containers"]!.AsArray().Count.ShouldBe(1);
    }

    private static async Task<string> NotesAsync(string[] arguments, string release = ChartFolder.Release, string space = ChartFolder.Namespace)
    {
        var ran = await Helm.RunAsync(
            ["install", release, ChartFolder.Path, "--namespace", space, "--dry-run=client", "-o", "json", .. ChartFolder.Installable, .. arguments]);
        ran.ExitCode.ShouldBe(0, ran.Error);
        return JsonNode.Parse(ran.Output)!["info"]!["notes"]!.GetValue<string>();
    }

    [GeneratedRegex("^  (kubectl|helm) ", RegexOptions.Multiline)]
    private static partial Regex CommandLine();

    [GeneratedRegex("-p '(.*)'")]
    private static partial Regex PatchArgument();
}
