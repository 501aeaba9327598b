using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using UserProxy.Chart.Tests.Support;
using UserProxy.FakeApiServer;

namespace UserProxy.Chart.Tests;

/// <summary>
/// The lines of helm and kubectl that the documents show for the chart: helm takes their values, one step after the other as people would type them, and the
/// names in them are those of what it renders.
/// </summary>
public partial class DocumentedInstallTests
{
    [Theory]
    [InlineData("README.md", 1)]
    [InlineData("docs/quick-start.md", 1)]
    [InlineData("docs/replacing-kube-proxy.md", 6)]
    [InlineData("charts/userproxy/README.md", 2)]
    public async Task HelmLines_OfThePage_RenderOneAfterTheOther(string page, int atLeast)
    {
        int read = 0;
        var values = new List<string>();
        string? selector = null;
        foreach (Match line in HelmLine().Matches(await ReadAsync(page)))
        {
            read++;
            // An upgrade keeps what was set before, and an installation begins anew.
            if (line.Groups["verb"].Value == "install") (values, selector) = ([], null);
            else line.Groups["rest"].Value.ShouldContain("--reuse-values", Case.Sensitive, line.Value);
            values.AddRange(SetOption().Matches(line.Groups["rest"].Value).SelectMany(option => new[] { "--set", option.Groups[1].Value }));
            string left = SetOption().Replace(line.Groups["rest"].Value, "").Replace(
                "--namespace kube-system", "", StringComparison.Ordinal).Replace("--reuse-values", "", StringComparison.Ordinal);
            left.Trim().ShouldBe("", $"{page}: {line.Value}: an option that is not tried here");

            var ran = await ChartFolder.TemplateAsTypedAsync(ChartFolder.Path, values);
            ran.ExitCode.ShouldBe(0, $"{page}: {line.Value}\n{ran.Error}");
            string now = YamlToJson.Objects(ran.Output)
                .First(
                    item => item["metadata"]!["name"]!.GetValue<string>() == "userproxy"
                        && item["kind"]!.GetValue<string>() == "DaemonSet")["spec"]!["selector"]!.ToJsonString();
            now.ShouldBe(selector ?? now, "Kubernetes refuses another selector for a DaemonSet that is there");
            selector = now;
        }

        read.ShouldBeGreaterThanOrEqualTo(atLeast);
    }

    /// <summary>Labels of nodes and of Pods are what the DaemonSets of node-affinity go by.</summary>
    [Fact]
    public async Task LabelsOfThePages_AreThoseOfTheDaemonSets()
    {
        var daemonSets = (await ChartFolder.ObjectsAsync("--set", "mode=node-affinity,k8sServiceHost=192.0.2.10")).Where(
            item => item["kind"]!.GetValue<string>() == "DaemonSet").ToList();
        var nodeLabels = daemonSets.Select(item => item["spec"]!["template"]!["spec"]!).SelectMany(LabelsOfNodes).ToHashSet();
        var podNames = daemonSets.Select(item => item["spec"]!["selector"]!["matchLabels"]!["app.kubernetes.io/name"]!.GetValue<string>()).ToHashSet();
        nodeLabels.ShouldBe(["userproxy.io/node=true", "userproxy.io/node=cleanup"], ignoreOrder: true);
        foreach (string page in (string[])["docs/replacing-kube-proxy.md", "charts/userproxy/README.md"])
        {
            string text = await ReadAsync(page);
            NodeLabel().Matches(text).Select(match => match.Value).ToHashSet().ShouldBe(nodeLabels, ignoreOrder: true, page);
            PodName().Matches(text).Select(match => match.Groups[1].Value).ShouldBeSubsetOf(podNames, page);
        }
    }

    /// <summary>The notes of the installation and the page say the same to kube-proxy; NotesTests has kubectl apply it.</summary>
    [Fact]
    public async Task PatchOfKubeProxy_IsThatOfTheNotes()
    {
        string patch = Patch().Match(await ReadAsync("docs/replacing-kube-proxy.md")).Value;
        patch.ShouldNotBeEmpty();
        (await ReadAsync("tests/UserProxy.Chart.Tests/testassets/node-affinity/notes.txt")).ShouldContain(
            patch.Replace("userproxy.io/node", "example.com/proxy", StringComparison.Ordinal));
    }

    private static IEnumerable<string> LabelsOfNodes(JsonNode spec)
    {
        foreach (var (key, value) in spec["nodeSelector"]!.AsObject().Where(pair => pair.Key.StartsWith("userproxy.io/", StringComparison.Ordinal)))
            yield return $"{key}={value}";
    }

    private static Task<string> ReadAsync(string page) => File.ReadAllTextAsync(Path.Combine(Repository.Root, page), TestContext.Current.CancellationToken);

    [GeneratedRegex(@"^\s*(?:\$ )?helm (?<verb>install|upgrade) userproxy charts/userproxy (?<rest>[^\n#]*)", RegexOptions.Multiline)]
    private static partial Regex HelmLine();

    [GeneratedRegex(@"--set (\S+)")]
    private static partial Regex SetOption();

    [GeneratedRegex("userproxy\\.io/node=[a-z]+")]
    private static partial Regex NodeLabel();

    [GeneratedRegex("-l app\\.kubernetes\\.io/name=([a-z-]+)")]
    private static partial Regex PodName();

    [GeneratedRegex("kubectl -n kube-system patch daemonset kube-proxy -p '[^']*'")]
    private static partial Regex Patch();
}
