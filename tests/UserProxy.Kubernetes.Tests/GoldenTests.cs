using System.Net;
using System.Text;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Manifests;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Tests;

/// <summary>
/// One folder of testassets is one case: its manifests, what is served of them and what is said about them (<c>expected.txt</c>). With
/// USERPROXY_UPDATE_GOLDEN set to the testassets folder of the checkout, the expectations are written anew; read the diff.
/// </summary>
public class GoldenTests
{
    private const string UpdateVariable = "USERPROXY_UPDATE_GOLDEN";
    private static readonly string Assets = Path.Combine(AppContext.BaseDirectory, "testassets");

    public static TheoryData<string> Cases => [.. Directory.GetDirectories(Assets).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Build_GoldenFolder_GivesTheExpectedTable(string name)
    {
        string actual = Serve(name);

        if (Environment.GetEnvironmentVariable(UpdateVariable) is { Length: > 0 } checkout)
        {
            File.WriteAllText(Path.Combine(checkout, name, "expected.txt"), actual, new UTF8Encoding(false));
            return;
        }

        string expected = File.ReadAllText(Path.Combine(Assets, name, "expected.txt")).ReplaceLineEndings("\n");
        actual.ShouldBe(expected);
    }

    [Fact]
    public void Cases_AreThere() => Cases.Count.ShouldBeGreaterThan(20);

    /// <summary>What the manifests of a case hold, and the options it is served with.</summary>
    internal static (ManifestState State, BuildOptions Options) Read(string name)
    {
        string folder = Path.Combine(Assets, name);
        var contents = Directory.GetFiles(folder)
            .Where(file => Path.GetExtension(file) is not ".txt")
            .OrderBy(file => file, StringComparer.Ordinal)
            .Select(file => ManifestReader.ReadBytes(Path.GetFileName(file), File.ReadAllBytes(file)))
            .ToList();
        var state = ManifestState.Merge(contents.Select(content => (content, content.Problems)), []);
        return (state, ReadOptions(Path.Combine(folder, "options.txt")));
    }

    private static string Serve(string name)
    {
        var (state, options) = Read(name);
        var table = ClusterCache.Build(1, state.Services, state.EndpointSlices, state.NodeNamed(options.NodeName), options, state.Issues);
        return TableDump.Of(table, state.Notes);
    }

    /// <summary>Lines of <c>key=value</c>; a case without the file has the defaults.</summary>
    private static BuildOptions ReadOptions(string file)
    {
        var given = File.Exists(file) ? File.ReadAllLines(file).Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]) : [];
        NodePortAddresses.TryParse([given.GetValueOrDefault("nodePortAddresses", "")], out var addresses, out string? error).ShouldBeTrue(error);
        return new BuildOptions
        {
            NodeName = given.GetValueOrDefault("nodeName", "node-1"),
            NodePortAddresses = addresses!,
            LocalAddresses = [.. given.GetValueOrDefault("local", "127.0.0.1,192.168.1.10,::1,fe80::1,fd00::10").Split(',').Select(IPAddress.Parse)],
            ServeLabel = given.GetValueOrDefault("serveLabel"),
            ClusterIPs = given.GetValueOrDefault("clusterIPs") == "on",
            LoadBalancerIPs = given.GetValueOrDefault("loadBalancerIPs") == "on",
            ExternalIPs = Blocks(given.GetValueOrDefault("externalIPs")),
            ClusterCidrs = Blocks(given.GetValueOrDefault("clusterCidrs")),
            Defaults = given.TryGetValue("scheduler", out string? scheduler) && SchedulerNames.TryParse(scheduler, out var kind, out _)
                ? ServiceSettings.Default with { Scheduler = kind }
                : ServiceSettings.Default,
        };
    }

    private static ValueList<CidrBlock> Blocks(string? text) =>
        [.. (text ?? "").Split(
            ',', StringSplitOptions.RemoveEmptyEntries).Select(word => CidrBlock.TryParse(word, out var block) ? block : throw new FormatException(word))];
}
