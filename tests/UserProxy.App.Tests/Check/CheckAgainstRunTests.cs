using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.CommandLine;
using UserProxy.Kubernetes;
using UserProxy.Kubernetes.Building;
using UserProxy.Model;

namespace UserProxy.App.Tests.Check;

/// <summary>
/// What <c>check</c> says of manifests is what <c>run</c> says of them, at the same places, and of nothing else: files that are anything but usual are asked of
/// both.
/// </summary>
public sealed partial class CheckAgainstRunTests : IDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>Name, content, and whether both say that something is wrong with it.</summary>
    private static readonly (string Name, string Content, bool Good)[] Odd =
    [
        ("carriage-returns.yaml", "# by hand\r" + Manifests.Service("cr", 30001).ReplaceLineEndings("\r"), true),
        ("carriage-returns-and-a-slip.yaml", "# by hand\r"
            + Manifests.Service("slip", 30002).Replace("port: 80", "port: many", StringComparison.Ordinal).ReplaceLineEndings("\r"), false),
        ("carriage-returns-in-a-part.yaml", (Manifests.Service("part", 30003) + "---\na: [\n").ReplaceLineEndings("\r"), false),
        ("windows.yaml", Manifests.Service("windows", 30004).ReplaceLineEndings("\r\n"), true),
        (".hidden.yaml", "kind: [\n", true),
        ("#edited.yaml", "kind: [\n", true),
        ("old.yaml~", "kind: [\n", true),
        ("UPPER.YAML", "kind: [\n", true),
        ("empty.yaml", "", true),
        ("comments.yaml", "# to be filled in\n---\n", true),
        ("configuration.yaml", "apiVersion: userproxy.io/v1alpha1\nkind: UserProxyConfiguration\nthreads: 0\n", true),
        ("kube-proxy.yaml", "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nnodePortAddresses: [ten]\n", true),
        ("kubeconfig.yaml", "apiVersion: v1\nkind: Config\nclusters: []\n", true),
        ("kubeconfig-and-service.yaml", "apiVersion: v1\nkind: Config\nclusters: []\n---\n" + Manifests.Service("beside", 30007), true),
        ("kubeconfig-and-slip.yaml", "apiVersion: v1\nkind: Config\nclusters: 5\n---\n"
            + Manifests.Service("beside-slip", 30008).Replace("port: 80", "port: many", StringComparison.Ordinal), false),
        ("list-of-a-configuration.yaml", "apiVersion: v1\nkind: List\nitems: [{apiVersion: userproxy.io/v1alpha1, kind: UserProxyConfiguration}]\n", true),
        ("config-map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {config.conf: \"kind: KubeProxyConfiguration\\n\"}\n", true),
        ("list.yaml",
            "apiVersion: v1\nkind: ServiceList\nitems:\n- metadata: {name: listed}\n  spec: {ports: [{port: 0}]}\n- metadata: {name: listed-too}\n  spec: "
                + "{ports: 80}\n", false),
        ("service-in-small.yaml", "apiVersion: v1\nkind: service\nmetadata: {name: small}\n", false),
        ("misspelt-kind.yaml", Manifests.Service("misspelt", 30010).Replace("kind: Service\n", "kind: Servce\n", StringComparison.Ordinal), true),
        ("misspelt-kind-of-a-slice.yaml", Manifests.Service("misspelt", 30011).Replace("kind: EndpointSlice", "kind: EndpointSlices", StringComparison.Ordinal),
            true),
        ("misspelt-kind-without-a-name.yaml", "apiVersion: v1\nkind: Servce\n", true),
        ("version-in-capitals.yaml", "apiVersion: V1\nkind: Service\nmetadata: {name: capitals}\n", false),
        ("misspelt-items.yaml", "apiVersion: v1\nkind: List\nitms: []\n", true),
        ("list-in-capitals.yaml", "apiVersion: v1\nkind: LIST\nitems: []\n", false),
        ("anchors.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: &n anchored, labels: {app: *n}}\nspec: {ports: [{port: 80}]}\n", true),
        ("again.yaml", Manifests.Service("windows", 30005), false),
        ("port-taken.yaml", Manifests.Service("windows-too", 30004), false),
        ("one-of-three.yaml", "a: [\n---\n" + Manifests.Service("three", 30006), false),
        ("in-a-row.json",
            "{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {\"name\": \"r\"}}\n{\"apiVersion\": \"v1\", \"kind\": \"Service\", "
                + "\"metadata\": {\"name\": 1}}\n", false),
        ("nul.yaml", "a: 1\n\0", false),
        ("no-object.yaml", "just text\n", false),
    ];

    public static TheoryData<string> Names => [.. Odd.Select(file => file.Name)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Folder_OfOneOddFile_IsJudgedAlike(string name)
    {
        var (_, content, good) = Odd.Single(file => file.Name == name);
        if (name is "again.yaml" or "port-taken.yaml") _folder.Write("a.yaml", Manifests.Service("windows", 30004));
        _folder.Write(name, content);

        (await AlikeAsync(_folder.Path)).ShouldBe(good);
    }

    /// <summary>Other kinds are left alone with a note: what lies beside them is served.</summary>
    [Fact]
    public async Task Folder_OfAKubeconfigAndAService_IsServedAndNoted()
    {
        _folder.Write("a.yaml", Manifests.Service("web", 30009));
        string path = _folder.Write("kubeconfig.yaml", "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {certificate-authority: gone.crt}}]\n");

        (await AlikeAsync(_folder.Path)).ShouldBeTrue();
        var cli = new Cli();
        await cli.RunAsync("check", _folder.Path);
        cli.Out.ToString().ShouldContain($"{path}:1: note: Config (v1) is not read here and left alone");
        cli.Out.ToString().ShouldContain("1 Service, 1 EndpointSlice, 0 Nodes: 0 problems");
    }

    [Fact]
    public async Task Folder_OfAllOddFiles_IsJudgedAlike()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "makes a pipe");
        foreach (var (name, content, _) in Odd) _folder.Write(name, content);
        using (var make = Process.Start("mkfifo", [Path.Combine(_folder.Path, "pipe.yaml")])) await make.WaitForExitAsync(
            TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "to-nowhere.yaml"), "nowhere");
        File.WriteAllBytes(Path.Combine(_folder.Path, "latin.yaml"), Encoding.Latin1.GetBytes("a: \u00e9\n"));
        using (var large = File.Create(Path.Combine(_folder.Path, "large.yaml"))) large.SetLength(17 << 20);
        Directory.CreateDirectory(Path.Combine(_folder.Path, "folder.yaml"));

        (await AlikeAsync(_folder.Path)).ShouldBeFalse();
    }

    /// <summary>Those that <c>check</c> takes for a configuration are asked of <c>run --config</c> elsewhere.</summary>
    [Theory]
    [InlineData("carriage-returns.yaml")]
    [InlineData("carriage-returns-and-a-slip.yaml")]
    [InlineData("empty.yaml")]
    [InlineData("comments.yaml")]
    [InlineData(".hidden.yaml")]
    [InlineData("service-in-small.yaml")]
    [InlineData("anchors.yaml")]
    [InlineData("kubeconfig-and-service.yaml")]
    [InlineData("kubeconfig-and-slip.yaml")]
    [InlineData("one-of-three.yaml")]
    [InlineData("nul.yaml")]
    [InlineData("no-object.yaml")]
    public async Task File_ByItself_IsJudgedAlike(string name)
    {
        string path = _folder.Write(name, Odd.Single(file => file.Name == name).Content);

        (await AlikeAsync(path)).ShouldBe(name is "carriage-returns.yaml" or "anchors.yaml" or "kubeconfig-and-service.yaml");
    }

    /// <summary>Whether both find nothing wrong; each must find what the other finds.</summary>
    private static async Task<bool> AlikeAsync(string path)
    {
        var cli = new Cli();
        int code = await cli.RunAsync("check", path);
        List<string> said = [.. cli.Out.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(
            line => !line.Contains(": note: ", StringComparison.Ordinal) && !line.EndsWith(" problems", StringComparison.Ordinal))
            .Select(line => line.Replace(": warning: ", ": ", StringComparison.Ordinal))];

        said.Order(StringComparer.Ordinal).ShouldBe((await FaultsOfRunAsync(path)).Order(StringComparer.Ordinal));
        // What is empty is served as it is, and no green.
        bool isReadable = !cli.Out.ToString().Split('\n').Any(
            line => said.Contains(line));
        code.ShouldBeOneOf(!isReadable ? [ExitCode.BadUsage] : said.Count > 0 ? [ExitCode.Failed] : [ExitCode.Done, ExitCode.Failed]);
        return isReadable;
    }

    private static async Task<List<string>> FaultsOfRunAsync(string path)
    {
        var options = new BuildOptions { NodeName = "", ClusterIPs = true };
        var source = new ManifestSource([path], options, () => [IPAddress.Loopback], TimeProvider.System, NullLogger<ManifestSource>.Instance);
        await using var tables = source.WatchAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        (await tables.MoveNextAsync()).ShouldBeTrue();
        return [.. tables.Current.Issues.Where(issue => !IssueReasons.IsNote(issue.Reason)).Select(AsCheckSaysIt)];
    }

    /// <summary>An issue names its place in its subject, or where the sentence wants it; check names it first.</summary>
    private static string AsCheckSaysIt(TableIssue issue) => issue.Reason switch
    {
        _ when issue.Subject.StartsWith("Manifest ", StringComparison.Ordinal) =>
            $"{issue.Subject["Manifest ".Length..]}{(LeadingLine().Match(issue.Message) is { Success: true } line ? $":{line.Groups[1]}" : "")}: "
                + $"{LeadingLine().Replace(issue.Message, "")}",
        "InvalidObject" or "UnknownField" or "UnknownKind" => issue.Message,
        "DuplicateObject" => DeclaredAgain().Replace(issue.Message, $"$1: {issue.Subject} is declared again"),
        _ => TrailingPlace().Replace(issue.Message, "") is var text
            && TrailingPlace().Match(issue.Message) is { Success: true } place ? $"{place.Groups[1]}: {issue.Subject}: {text}" : $"{issue.Subject}: {text}",
    };

    [GeneratedRegex(@"^line (\d+): ")]
    private static partial Regex LeadingLine();

    [GeneratedRegex("declared again at (.+?)(?=; the one)")]
    private static partial Regex DeclaredAgain();

    [GeneratedRegex(@" \(([^()]+:\d+)\)$")]
    private static partial Regex TrailingPlace();
}
