using UserProxy.Kubernetes.Manifests;

namespace UserProxy.Kubernetes.Tests.Manifests;

/// <summary>What is remembered of files that change, break and vanish; without watching, so each test says when to look.</summary>
public sealed class ManifestFilesTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Refresh_Folder_ReadsManifestsAndLeavesTheRest()
    {
        _folder.Write("a.yaml", TestFolder.Service("a", 30001));
        _folder.Write("b.yml", TestFolder.Service("b", 30002));
        _folder.Write("c.json", """{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "c", "namespace": "demo"}, "spec": {}}""");
        string[] others = [
            ".hidden.yaml", "#edit.yaml", "#edit.yaml#", "old.yaml~", ".a.yaml.swp", "a.yaml.swp", "a.yaml.tmp", "readme.md", "UPPER.YAML", "yaml"];
        foreach (string name in others)
            _folder.Write(name, TestFolder.Service("wrong", 30009));
        Directory.CreateDirectory(_folder["folder.yaml"]);
        Directory.CreateDirectory(_folder["sub"]);
        File.WriteAllText(Path.Combine(_folder["sub"], "d.yaml"), TestFolder.Service("wrong", 30009));

        var state = Files(_folder.Path).Refresh();

        Names(state).ShouldBe(["a", "b", "c"]);
        state.Issues.ShouldBeEmpty();
    }

    [Fact]
    public void Refresh_NothingChanged_IsTheSameState()
    {
        _folder.Write("a.yaml", TestFolder.Service("a", 30001));
        var files = Files(_folder.Path);
        var state = files.Refresh();
        Again(files).ShouldBeSameAs(state);
        File.SetLastWriteTimeUtc(_folder["a.yaml"], new DateTime(2021, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Again(files).ShouldBeSameAs(state, "only its time has changed");
    }

    [Fact]
    public void Refresh_BrokenFile_KeepsItsLastGoodStateAndHeals()
    {
        _folder.Write("a.yaml", TestFolder.Service("a", 30001));
        _folder.Write("b.yaml", TestFolder.Service("b", 30002));
        var files = Files(_folder.Path);
        files.Refresh();

        _folder.Write("a.yaml", "kind: [broken\n");
        _folder.Write("b.yaml", TestFolder.Service("b2", 30003));
        var broken = Again(files);
        Names(broken).ShouldBe(["a", "b2"]);
        broken.Issues.ShouldHaveSingleItem().Message.ShouldEndWith("what it last held is still served");

        _folder.Write("a.yaml", TestFolder.Service("a3", 30004));
        var healed = Again(files);
        Names(healed).ShouldBe(["a3", "b2"]);
        healed.Issues.ShouldBeEmpty();
    }

    [Fact]
    public void Refresh_FileBrokenFromTheStart_ServesTheOthers()
    {
        _folder.Write("a.yaml", "kind: [broken\n");
        _folder.Write("b.yaml", TestFolder.Service("b", 30002));
        var state = Files(_folder.Path).Refresh();
        Names(state).ShouldBe(["b"]);
        state.Issues.ShouldHaveSingleItem().Message.ShouldEndWith("nothing is served from it");
    }

    [Fact]
    public void Refresh_BrokenObject_KeepsItsLastGoodFormAndTakesTheRest()
    {
        _folder.Write("a.yaml", TestFolder.Service("a", 30001) + "---\n" + TestFolder.Service("b", 30002));
        var files = Files(_folder.Path);
        files.Refresh();

        _folder.Write(
            "a.yaml", TestFolder.Service("a", 30009).Replace("NodePort,", "[],", StringComparison.Ordinal) + "---\n" + TestFolder.Service("b", 30003));
        var state = Again(files);
        state.Services.ToDictionary(service => service.Metadata.Name!, service => service.Spec!.Ports![0].NodePort)
            .ShouldBe(new Dictionary<string, int?> { ["a"] = 30001, ["b"] = 30003 }, ignoreOrder: true);
        state.Issues.ShouldHaveSingleItem().Subject.ShouldBe("Service demo/a");

        // What is taken out while it is broken is out.
        _folder.Write("a.yaml", TestFolder.Service("b", 30003));
        Names(Again(files)).ShouldBe(["b"]);
    }

    [Fact]
    public void Refresh_BrokenDocument_KeepsWhatMayBeInItAndTakesTheRest()
    {
        _folder.Write("a.yaml", TestFolder.Service("a", 30001) + "---\n" + TestFolder.Service("b", 30002));
        var files = Files(_folder.Path);
        files.Refresh();

        _folder.Write("a.yaml", TestFolder.Service("a", 30001) + "x: \"y\n---\n" + TestFolder.Service("b", 30003) + "---\n" + TestFolder.Service("c", 30004));
        var state = Again(files);
        state.Services.ToDictionary(service => service.Metadata.Name!, service => service.Spec!.Ports![0].NodePort)
            .ShouldBe(new Dictionary<string, int?> { ["a"] = 30001, ["b"] = 30003, ["c"] = 30004 }, ignoreOrder: true);
        state.Issues.ShouldHaveSingleItem().Message.ShouldStartWith("line 5: document 1 is not read: ");

        _folder.Write("a.yaml", TestFolder.Service("b", 30003));
        Names(Again(files)).ShouldBe(["b"]);
    }

    /// <summary>Who deletes an object from a file in which another document tells nothing of itself wonders that it is served still.</summary>
    [Fact]
    public void Refresh_DocumentOfNoKnownObject_SaysWhatIsKeptBecauseOfIt()
    {
        _folder.Write("a.yaml", TestFolder.Service("a", 30001) + "---\n" + TestFolder.Service("b", 30002));
        var files = Files(_folder.Path);
        files.Refresh();

        _folder.Write("a.yaml", TestFolder.Service("b", 30002) + "---\nport: 1\n---\nport: 2\n");
        var state = Again(files);

        Names(state).ShouldBe(["a", "b"]);
        state.Issues.Select(issue => issue.Message).ShouldBe(
        [
            "line 6: kind: is missing: no Kubernetes object; what is missed in this file is still served (Service demo/a)",
            "line 8: kind: is missing: no Kubernetes object",
        ]);

        _folder.Write("a.yaml", TestFolder.Service("a", 30001) + "---\n" + TestFolder.Service("b", 30002) + "---\nport: 1\n");
        Again(files).Issues.ShouldHaveSingleItem().Message.ShouldEndWith("no Kubernetes object", customMessage: "nothing is missed");
    }

    [Fact]
    public void Refresh_FileDeleted_ItsObjectsAreGone()
    {
        _folder.Write("a.yaml", TestFolder.Service("a", 30001));
        _folder.Write("b.yaml", TestFolder.Service("b", 30002));
        var files = Files(_folder.Path);
        files.Refresh();
        File.Delete(_folder["a.yaml"]);
        Names(Again(files)).ShouldBe(["b"]);
    }

    [Fact]
    public void Refresh_FolderVanishes_KeepsItsStateUntilItIsBack()
    {
        _folder.Write("a.yaml", TestFolder.Service("a", 30001));
        var files = Files(_folder.Path);
        files.Refresh();

        Directory.Delete(_folder.Path, recursive: true);
        var gone = Again(files);
        Names(gone).ShouldBe(["a"]);
        gone.Issues.ShouldHaveSingleItem().Message.ShouldContain("still served");

        Directory.CreateDirectory(_folder.Path);
        _folder.Write("b.yaml", TestFolder.Service("b", 30002));
        var back = Again(files);
        Names(back).ShouldBe(["b"]);
        back.Issues.ShouldBeEmpty();
    }

    [Fact]
    public void Refresh_NamedFileVanishes_KeepsItsStateUntilItIsBack()
    {
        _folder.Write("a.yaml", TestFolder.Service("a", 30001));
        var files = Files(_folder["a.yaml"]);
        files.Refresh();
        File.Delete(_folder["a.yaml"]);
        var gone = Again(files);
        Names(gone).ShouldBe(["a"]);
        gone.Issues.Count.ShouldBe(1);
        _folder.Write("a.yaml", "# nothing\n");
        Again(files).Services.ShouldBeEmpty();
    }

    [Fact]
    public void Refresh_FileEmptiedInPlace_KeepsItsStateAndSaysSoWhenItIsOld()
    {
        _folder.Write("a.yaml", TestFolder.Service("a", 30001));
        var files = Files(_folder["a.yaml"]);
        files.Refresh();

        _folder.Write("a.yaml", "");
        var half = Again(files);
        Names(half).ShouldBe(["a"]);
        half.Issues.ShouldBeEmpty();

        File.SetLastWriteTimeUtc(_folder["a.yaml"], DateTime.UtcNow.AddMinutes(-1));
        var old = Again(files);
        Names(old).ShouldBe(["a"]);
        old.Issues.ShouldHaveSingleItem().Message.ShouldBe(
            "there is nothing in it any more (where that is meant, delete it or leave a comment in it); what it last held is still served");
        Again(files).ShouldBeSameAs(old);

        _folder.Write("a.yaml", TestFolder.Service("b", 30002));
        var healed = Again(files);
        Names(healed).ShouldBe(["b"]);
        healed.Issues.ShouldBeEmpty();
    }

    /// <summary>A slip, or a wish.</summary>
    [Theory]
    [InlineData(" \n\t\r\n", true)]
    [InlineData("# none at present\n", false)]
    [InlineData("---\n", false)]
    public void Refresh_FileThatHoldsNothing_IsMeantSoWhereItSaysSomething(string text, bool isKept)
    {
        _folder.Write("a.yaml", TestFolder.Service("a", 30001));
        var files = Files(_folder.Path);
        files.Refresh();

        _folder.Write("a.yaml", text);

        var state = Again(files);
        string.Join(' ', Names(state)).ShouldBe(isKept ? "a" : "");
        state.Issues.Count.ShouldBe(isKept ? 1 : 0);
    }

    [Fact]
    public void Refresh_EmptiedFileDeleted_ItsObjectsAreGone()
    {
        _folder.Write("a.yaml", TestFolder.Service("a", 30001));
        var files = Files(_folder.Path);
        files.Refresh();
        _folder.Write("a.yaml", "");
        File.SetLastWriteTimeUtc(_folder["a.yaml"], DateTime.UtcNow.AddMinutes(-1));
        Names(Again(files)).ShouldBe(["a"]);

        File.Delete(_folder["a.yaml"]);

        var gone = Again(files);
        gone.Services.ShouldBeEmpty();
        gone.Issues.ShouldBeEmpty();
    }

    /// <summary>What tells which object it is, or that it is one, went bad: a slip stops no traffic there either.</summary>
    [Theory]
    [InlineData("kind: Service", "kind: Servce")]
    [InlineData("kind: Service", "kind: service")]
    [InlineData("kind: Service", "kind: 5")]
    [InlineData("kind: Service\n", "")]
    [InlineData("apiVersion: v1", "apiVersion: V1")]
    [InlineData("apiVersion: v1\n", "")]
    [InlineData("{name: a, namespace: demo}", "{nmae: a, namespace: demo}")]
    public void Refresh_SlipInWhatTellsTheObject_KeepsItsLastGoodFormAndTakesTheRest(string good, string bad)
    {
        _folder.Write("a.yaml", TestFolder.Service("a", 30001) + "---\n" + TestFolder.Service("b", 30002));
        var files = Files(_folder.Path);
        files.Refresh();

        _folder.Write("a.yaml", TestFolder.Service("a", 30009).Replace(good, bad, StringComparison.Ordinal) + "---\n" + TestFolder.Service("b", 30003));
        var state = Again(files);
        state.Services.ToDictionary(service => service.Metadata.Name!, service => service.Spec!.Ports![0].NodePort)
            .ShouldBe(new Dictionary<string, int?> { ["a"] = 30001, ["b"] = 30003 }, ignoreOrder: true);
        state.Issues.ShouldHaveSingleItem();

        _folder.Write("a.yaml", TestFolder.Service("b", 30003));
        Names(Again(files)).ShouldBe(["b"]);
    }

    [Fact]
    public void Refresh_PathThatNeverWas_IsReportedAndWatchedFor()
    {
        var files = Files(_folder["later"], _folder["here.yaml"]);
        _folder.Write("here.yaml", TestFolder.Service("here", 30001));
        var state = files.Refresh();
        Names(state).ShouldBe(["here"]);
        state.Issues.ShouldHaveSingleItem().Message.ShouldContain("watched for");

        Directory.CreateDirectory(_folder["later"]);
        File.WriteAllText(Path.Combine(_folder["later"], "a.yaml"), TestFolder.Service("a", 30002));
        var later = Again(files);
        Names(later).ShouldBe(["a", "here"]);
        later.Issues.ShouldBeEmpty();
    }

    [Fact]
    public void Refresh_ConfigMapSwapped_IsSeenThroughTheLinks()
    {
        _folder.MountConfigMap("1", ("a.yaml", TestFolder.Service("a", 30001)));
        var files = Files(_folder.Path);
        Names(files.Refresh()).ShouldBe(["a"]);

        // Same length, same time, same path: only the link differs.
        _folder.MountConfigMap("2", ("a.yaml", TestFolder.Service("b", 30002)));
        files.Look().ShouldBeTrue();
        Names(files.Refresh()).ShouldBe(["b"]);
    }

    [Fact]
    public void Refresh_FolderThatIsALink_FollowsIt()
    {
        foreach (string name in (string[])["v1", "v2"])
        {
            Directory.CreateDirectory(_folder[name]);
            string file = Path.Combine(_folder[name], "a.yaml");
            File.WriteAllText(file, TestFolder.Service(name, 30001));
            File.SetLastWriteTimeUtc(file, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        }

        Directory.CreateSymbolicLink(_folder["current"], "v1");
        var files = Files(_folder["current"]);
        Names(files.Refresh()).ShouldBe(["v1"]);
        File.Delete(_folder["current"]);
        Directory.CreateSymbolicLink(_folder["current"], "v2");
        Names(Again(files)).ShouldBe(["v2"]);
    }

    [Fact]
    public void Refresh_BrokenLink_KeepsTheLastGoodState()
    {
        _folder.MountConfigMap("1", ("a.yaml", TestFolder.Service("a", 30001)));
        var files = Files(_folder.Path);
        files.Refresh();
        File.Delete(_folder["..data"]);
        var state = Again(files);
        Names(state).ShouldBe(["a"]);
        state.Issues.ShouldHaveSingleItem().Message.ShouldContain("cannot be read");
        Again(files).ShouldBeSameAs(state);
    }

    [Fact]
    public void Refresh_LinksInACircle_AreAProblemOfThatFile()
    {
        File.CreateSymbolicLink(_folder["a.yaml"], "b.yaml");
        File.CreateSymbolicLink(_folder["b.yaml"], "a.yaml");
        _folder.Write("c.yaml", TestFolder.Service("c", 30001));
        var state = Files(_folder.Path).Refresh();
        Names(state).ShouldBe(["c"]);
        state.Issues.Count.ShouldBe(2);
    }

    [Fact]
    public void Refresh_EmptyFileOrDevice_HoldsNothing()
    {
        _folder.Write("a.yaml", "");
        File.CreateSymbolicLink(_folder["b.yaml"], "/dev/zero");
        var state = Files(_folder.Path).Refresh();
        state.Services.ShouldBeEmpty();
        state.Issues.ShouldBeEmpty();
    }

    [Fact]
    public void Refresh_FileNamedTwice_IsReadOnce()
    {
        _folder.Write("a.yaml", TestFolder.Service("a", 30001));
        var state = Files(_folder.Path, _folder["a.yaml"], _folder.Path + "/", Path.Combine(_folder.Path, "..", Path.GetFileName(_folder.Path))).Refresh();
        Names(state).ShouldBe(["a"]);
        state.Issues.ShouldBeEmpty();
    }

    [Fact]
    public void Refresh_SameObjectInTwoFiles_FirstByNameCounts()
    {
        _folder.Write("b.yaml", TestFolder.Service("a", 30002));
        _folder.Write("a.yaml", TestFolder.Service("a", 30001));
        var files = Files(_folder["b.yaml"], _folder["a.yaml"]);
        var state = files.Refresh();
        state.Services.ShouldHaveSingleItem().Spec!.Ports![0].NodePort.ShouldBe(30001);
        state.Issues.ShouldHaveSingleItem().Reason.ShouldBe("DuplicateObject");

        // The second steps in when the first goes.
        _folder.Write("a.yaml", "# nothing\n");
        var other = Again(files);
        other.Services.ShouldHaveSingleItem().Spec!.Ports![0].NodePort.ShouldBe(30002);
        other.Issues.ShouldBeEmpty("a comment says that it is meant");
    }

    [Fact]
    public void Refresh_EmptyFile_IsSaidWhereItWasNamed()
    {
        _folder.Write("a.yaml", "# to be filled in\n---\n");
        Files(_folder["a.yaml"]).Refresh().Issues.ShouldHaveSingleItem().Message.ShouldBe("there is nothing in it: no Kubernetes object");
        Files(_folder.Path).Refresh().Issues.ShouldBeEmpty();
        Files(_folder.Path, _folder["a.yaml"]).Refresh().Issues.ShouldHaveSingleItem();
    }

    [Fact]
    public void Refresh_TooBigAFile_KeepsTheLastGoodState()
    {
        _folder.Write("a.yaml", TestFolder.Service("a", 30001));
        var files = Files(_folder.Path);
        files.Refresh();
        using (var file = File.OpenWrite(_folder["a.yaml"])) file.SetLength(1L << 40);
        var state = Again(files);
        Names(state).ShouldBe(["a"]);
        state.Issues.ShouldHaveSingleItem().Message.ShouldContain("larger than 16 MiB");
    }

    private static ManifestFiles Files(params string[] paths) => new(paths, TimeProvider.System);

    private static ManifestState Again(ManifestFiles files)
    {
        files.Look();
        return files.Refresh();
    }

    private static IEnumerable<string> Names(ManifestState state) => state.Services.Select(service => service.Metadata.Name!).Order(StringComparer.Ordinal);
}
