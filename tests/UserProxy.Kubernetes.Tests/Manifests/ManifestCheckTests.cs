using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Manifests;

namespace UserProxy.Kubernetes.Tests.Manifests;

public sealed class ManifestCheckTests : IDisposable
{
    private static readonly BuildOptions Options = new() { NodeName = "node-1" };

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_CleanFolder_IsClean()
    {
        _folder.Write("a.yaml", TestFolder.Service("a", 30001) + "---\nkind: Deployment\napiVersion: apps/v1\n");
        var check = ManifestCheck.Run([_folder.Path, _folder["a.yaml"]], Options);
        check.IsClean.ShouldBeTrue();
        check.Problems.ShouldHaveSingleItem().IsNote.ShouldBeTrue();
        check.Table.Ports.Count.ShouldBe(1);
    }

    [Fact]
    public void Run_FaultsOfAllSorts_AreAllSaid()
    {
        _folder.Write("a.yaml", TestFolder.Service("a", 30001));
        _folder.Write("b.yaml", TestFolder.Service("a", 30002) + "---\n" + TestFolder.Service("b", 30001) + "---\n" + TestFolder.Service("c", 99999));
        _folder.Write("c.yaml", "kind: [\n");
        var check = ManifestCheck.Run([_folder["a.yaml"], _folder["b.yaml"], _folder["c.yaml"], _folder["missing.yaml"]], Options);
        check.IsClean.ShouldBeFalse();
        check.Problems.Count.ShouldBe(2);
        check.Table.Issues.Select(issue => issue.Reason).ShouldBe(["DuplicateObject", "NodePortConflict", "InvalidPort"]);
    }
}
