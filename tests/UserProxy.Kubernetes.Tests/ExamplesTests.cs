using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Manifests;
using UserProxy.Kubernetes.Tests.Manifests;

namespace UserProxy.Kubernetes.Tests;

/// <summary>The examples of the documentation are what people try first: each must be served whole and without a word.</summary>
public class ExamplesTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "examples");

    public static TheoryData<string> Files => [.. Directory.GetFiles(Folder).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Example_Alone_IsServedWithoutIssues(string file)
    {
        var content = Objects.ReadManifest(Path.Combine(Folder, file));
        content.Problems.ShouldBeEmpty();
        var table = ClusterCache.Build(1, content.Services, content.EndpointSlices, null, new BuildOptions { NodeName = "node-1" });
        table.Issues.ShouldBeEmpty();
        table.Ports.ShouldNotBeEmpty();
        table.Ports.ShouldAllBe(port => port.Listeners.Count > 0 && port.ClusterEndpoints.Count > 0);
    }

    [Fact]
    public void Examples_InOneFolder_DoNotCollide()
    {
        var contents = Directory.GetFiles(Folder).Select(Objects.ReadManifest).ToList();
        var state = ManifestState.Merge(contents.Select(content => (content, content.Problems)), []);
        ClusterCache.Build(1, state.Services, state.EndpointSlices, null, new BuildOptions { NodeName = "node-1" }, state.Issues).Issues.ShouldBeEmpty();
    }

    [Fact]
    public void ThreeBackends_AreThree()
    {
        var content = Objects.ReadManifest(Path.Combine(Folder, "three-backends.yaml"));
        var table = ClusterCache.Build(1, content.Services, content.EndpointSlices, null, new BuildOptions { NodeName = "node-1" });
        var port = table.Ports.ShouldHaveSingleItem();
        port.Listeners.ShouldHaveSingleItem().Port.ShouldBe(30080);
        port.ClusterEndpoints.Select(endpoint => endpoint.Key).ShouldBe(["127.0.0.1:9001", "127.0.0.1:9002", "127.0.0.1:9003"]);
    }
}
