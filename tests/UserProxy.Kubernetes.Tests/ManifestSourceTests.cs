using System.Net;
using UserProxy.Kubernetes.Building;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Tests;

/// <summary>The source on real folders: what it yields, when, and what it says. Every wait is for the next table, none for the clock.</summary>
public sealed class ManifestSourceTests : IAsyncDisposable
{
    private const int IssueFound = 330;
    private const int IssueSettled = 331;
    private const int Note = 320;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly TestFolder _folder = new();
    private readonly RecordingLogger<ManifestSource> _logger = new();
    private readonly CancellationTokenSource _stop = new();
    private IAsyncEnumerator<ServiceTable>? _tables;
    private TimeProvider _time = TimeProvider.System;
    private volatile IReadOnlyList<IPAddress> _addresses = [IPAddress.Loopback];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_tables is not null) await _tables.DisposeAsync();
        _stop.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Watch_FilesChange_YieldsEachStateOnce()
    {
        _folder.Write("a.yaml", TestFolder.ServiceAndSlice("a", 30001));
        Start();
        (await NextAsync()).ShouldBe((1, "demo/a:http"));

        _folder.Write("b.yaml", TestFolder.ServiceAndSlice("b", 30002));
        (await NextAsync()).ShouldBe((2, "demo/a:http demo/b:http"));

        _folder.Replace("a.yaml", TestFolder.ServiceAndSlice("c", 30003));
        (await NextAsync()).ShouldBe((3, "demo/b:http demo/c:http"));

        _folder.SaveAsVim("b.yaml", TestFolder.ServiceAndSlice("d", 30004));
        (await NextWithAsync("demo/c:http demo/d:http")).Revision.ShouldBeGreaterThan(3);

        File.Delete(_folder["a.yaml"]);
        await NextWithAsync("demo/d:http");
    }

    [Fact]
    public async Task Watch_NothingRealChanges_YieldsNothing()
    {
        _folder.Write("a.yaml", TestFolder.ServiceAndSlice("a", 30001));
        Start();
        await NextAsync();

        // Other bytes for the same content, and files that are none. The note tells that all of it has been looked at.
        var next = NextAsync();
        _folder.Write(".a.yaml.swp", "x");
        _folder.Write("empty.yaml", "");
        _folder.Replace("a.yaml", "# a comment\n" + TestFolder.ServiceAndSlice("a", 30001) + "---\nkind: Deployment\napiVersion: apps/v1\n");
        await _logger.SeenAsync(Note).WaitAsync(Patience);
        _folder.Replace("z.yaml", TestFolder.ServiceAndSlice("z", 30009));
        (await next).ShouldBe((2, "demo/a:http demo/z:http"));
    }

    [Fact]
    public async Task Watch_EmptyFolder_YieldsAnEmptyTableAtOnce()
    {
        Start();
        (await NextAsync()).ShouldBe((1, ""));
    }

    [Fact]
    public async Task Watch_NoSuchPath_ServesNothingReportsAndPicksItUp()
    {
        Start(_folder["later"]);
        (await NextAsync()).ShouldBe((1, ""));
        _tables!.Current.Issues.ShouldHaveSingleItem().Reason.ShouldBe("InvalidManifest");

        Directory.CreateDirectory(_folder["later"]);
        await File.WriteAllTextAsync(Path.Combine(_folder["later"], "a.yaml"), TestFolder.ServiceAndSlice("a", 30001));
        (await NextWithAsync("demo/a:http")).Issues.ShouldBeEmpty();
    }

    [Fact]
    public async Task Watch_ConfigMapSwapped_YieldsTheNewContent()
    {
        _folder.MountConfigMap("1", ("a.yaml", TestFolder.ServiceAndSlice("a", 30001)));
        Start();
        await NextAsync();
        _folder.MountConfigMap("2", ("a.yaml", TestFolder.ServiceAndSlice("b", 30002)));
        (await NextAsync()).ShouldBe((2, "demo/b:http"));
    }

    [Fact]
    public async Task Watch_ChangeInTheFolder_IsSeenWithoutThePoll()
    {
        _folder.Write("a.yaml", TestFolder.ServiceAndSlice("a", 30001));
        _time = new NoPollTime();
        Start();
        await NextAsync();
        _folder.Replace("b.yaml", TestFolder.ServiceAndSlice("b", 30002));
        (await NextAsync()).ShouldBe((2, "demo/a:http demo/b:http"));
    }

    [Fact]
    public async Task Watch_SwapOutsideTheFolder_IsFoundByThePoll()
    {
        // No kernel event reaches a watch on the folder: the link that moves is elsewhere.
        _folder.MountConfigMap("1", ("a.yaml", TestFolder.ServiceAndSlice("a", 30001)));
        using var outside = new TestFolder();
        File.CreateSymbolicLink(outside["mine.yaml"], _folder["a.yaml"]);
        Start(outside.Path);
        await NextAsync();
        _folder.MountConfigMap("2", ("a.yaml", TestFolder.ServiceAndSlice("b", 30002)));
        (await NextAsync()).ShouldBe((2, "demo/b:http"));
    }

    [Fact]
    public async Task Watch_FileBreaksAndHeals_KeepsServingAndSaysSoOnce()
    {
        _folder.Write("a.yaml", TestFolder.ServiceAndSlice("a", 30001));
        Start();
        await NextAsync();

        _folder.Replace("a.yaml", "kind: [broken\n");
        (await NextAsync()).ShouldBe((2, "demo/a:http"));
        _tables!.Current.Issues.Count.ShouldBe(1);

        // Another change while it is broken: the same issue is not said again.
        _folder.Write("b.yaml", TestFolder.ServiceAndSlice("b", 30002));
        (await NextAsync()).ShouldBe((3, "demo/a:http demo/b:http"));
        _logger.Lines(IssueFound).ShouldHaveSingleItem().ShouldContain("a.yaml");

        _folder.Replace("a.yaml", TestFolder.ServiceAndSlice("a", 30001));
        (await NextAsync()).ShouldBe((4, "demo/a:http demo/b:http"));
        _tables.Current.Issues.ShouldBeEmpty();
        _logger.Lines(IssueSettled).Count().ShouldBe(1);
    }

    /// <summary>What is served is as old as that, and whoever asks is told.</summary>
    [Fact]
    public async Task Watch_FileBreaksAndHeals_HasTroubleSinceThen()
    {
        _folder.Write("a.yaml", TestFolder.ServiceAndSlice("a", 30001));
        var source = Start();
        await NextAsync();
        source.Trouble.ShouldBeNull();
        var before = DateTimeOffset.UtcNow.AddSeconds(-1);

        _folder.Replace("a.yaml", "kind: [");
        await NextAsync();
        var trouble = source.Trouble.ShouldNotBeNull();
        trouble.Message.ShouldStartWith(_folder["a.yaml"]);
        trouble.Since.ShouldBeGreaterThan(before);

        _folder.Replace("a.yaml", "kind: [[");
        File.Delete(_folder["a.yaml"]);
        _folder.Write("b.yaml", TestFolder.ServiceAndSlice("b", 30002));
        await NextWithAsync("demo/b:http");
        source.Trouble.ShouldBeNull();
    }

    [Fact]
    public async Task Watch_FolderVanishesAndReturns_KeepsServing()
    {
        _folder.Write("a.yaml", TestFolder.ServiceAndSlice("a", 30001));
        Start();
        await NextAsync();

        // In one step, as an unmount: file by file the objects would go one by one, and rightly.
        Directory.Move(_folder.Path, _folder.Path + "-away");
        (await NextAsync()).ShouldBe((2, "demo/a:http"));
        _tables!.Current.Issues.Count.ShouldBe(1);

        Directory.Move(_folder.Path + "-away", _folder.Path);
        (await NextAsync()).ShouldBe((3, "demo/a:http"));
        _tables.Current.Issues.ShouldBeEmpty();

        // And it is watched as before.
        _folder.Write("b.yaml", TestFolder.ServiceAndSlice("b", 30002));
        (await NextAsync()).ShouldBe((4, "demo/a:http demo/b:http"));
    }

    [Fact]
    public async Task Watch_GarbageAndBomb_LeaveTheOthersServed()
    {
        _folder.Write("a.yaml", TestFolder.ServiceAndSlice("a", 30001));
        var laughs = Enumerable.Range(1, 9).Select(i => $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        _folder.Write("bomb.yaml", "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + string.Concat(laughs));
        await File.WriteAllBytesAsync(_folder["garbage.yaml"], Garbage(10 << 20));
        Start();
        (await NextAsync()).ShouldBe((1, "demo/a:http"));
        _tables!.Current.Issues.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Watch_LocalAddressesChange_RebuildsTheTable()
    {
        _folder.Write("a.yaml", TestFolder.ServiceAndSlice("a", 30001));
        NodePortAddresses.TryParse(["127.0.0.0/8"], out var addresses, out _).ShouldBeTrue();
        Start(new BuildOptions { NodeName = "node-1", NodePortAddresses = addresses! }, _folder.Path);
        (await NextAsync()).ShouldBe((1, "demo/a:http"));
        _tables!.Current.Ports[0].Listeners.Count.ShouldBe(1);

        _addresses = [IPAddress.Loopback, IPAddress.Parse("127.0.0.2")];
        (await NextAsync()).ShouldBe((2, "demo/a:http"));
        _tables.Current.Ports[0].Listeners.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Watch_NodeGetsTheAddressOfAClusterIP_NoLongerServesIt()
    {
        string service = TestFolder.ServiceAndSlice("a", 30001).Replace("type: NodePort", "clusterIP: 10.96.0.9", StringComparison.Ordinal);
        _folder.Write("a.yaml", service.Replace(", nodePort: 30001", "", StringComparison.Ordinal));
        Start(new BuildOptions { NodeName = "node-1", ClusterIPs = true }, _folder.Path);
        await NextAsync();
        _tables!.Current.Ports[0].Listeners.ShouldHaveSingleItem().Kind.ShouldBe(ListenerKind.ClusterIP);

        _addresses = [IPAddress.Parse("10.96.0.9")];
        await NextAsync();
        _tables.Current.Ports[0].Listeners.ShouldBeEmpty();
        _tables.Current.Issues.ShouldHaveSingleItem().Reason.ShouldBe("RefusedAddress");
    }

    [Fact]
    public async Task Watch_OneFileChanges_KeepsThePortsOfTheOthers()
    {
        _folder.Write("a.yaml", TestFolder.ServiceAndSlice("a", 30001));
        _folder.Write("b.yaml", TestFolder.ServiceAndSlice("b", 30002));
        Start();
        await NextAsync();
        var before = _tables!.Current;
        _folder.Replace("b.yaml", TestFolder.ServiceAndSlice("b", 30003));
        await NextAsync();
        _tables.Current.Ports[0].ShouldBeSameAs(before.Ports[0]);
        _tables.Current.Ports[1].ShouldNotBe(before.Ports[1]);
    }

    [Fact]
    public async Task Watch_UnknownKind_IsNotedOnceAndNoIssue()
    {
        _folder.Write("a.yaml", TestFolder.ServiceAndSlice("a", 30001) + "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n");
        Start();
        await NextAsync();
        _folder.Write("b.yaml", TestFolder.ServiceAndSlice("b", 30002));
        await NextAsync();
        _tables!.Current.Issues.ShouldBeEmpty();
        _logger.Lines(Note).ShouldHaveSingleItem().ShouldContain("Deployment");
    }

    [Fact]
    public async Task Watch_ManyChangesInARow_EndsWithTheLast()
    {
        Start();
        await NextAsync();
        for (int i = 0; i < 200; i++) _folder.Replace($"s{i % 20}.yaml", TestFolder.ServiceAndSlice($"s{i}", 31000 + i));
        string last = string.Join(' ', Enumerable.Range(180, 20).Select(i => $"demo/s{i}:http"));
        var table = await NextWithAsync(last);
        table.Revision.ShouldBeLessThan(100, "bursts are taken together");
    }

    [Fact]
    public async Task Watch_Cancelled_Ends()
    {
        Start();
        await NextAsync();
        var next = _tables!.MoveNextAsync();
        await _stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(async () => await next);
    }

    private static byte[] Garbage(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private ManifestSource Start(params string[] paths) => Start(new BuildOptions { NodeName = "node-1" }, paths.Length == 0 ? [_folder.Path] : paths);

    private ManifestSource Start(BuildOptions options, params string[] paths)
    {
        var source = new ManifestSource(paths, options, () => _addresses, _time, _logger);
        _tables = source.WatchAsync(_stop.Token).GetAsyncEnumerator();
        return source;
    }

    private async Task<(long Revision, string Ports)> NextAsync()
    {
        (await _tables!.MoveNextAsync().AsTask().WaitAsync(Patience)).ShouldBeTrue();
        return (_tables.Current.Revision, PortsOf(_tables.Current));
    }

    /// <summary>For changes of several steps, which may be seen in between.</summary>
    private async Task<ServiceTable> NextWithAsync(string ports)
    {
        do await NextAsync();
        while (PortsOf(_tables!.Current) != ports);
        return _tables.Current;
    }

    private static string PortsOf(ServiceTable table) => string.Join(' ', table.Ports.Select(port => port.Name.ToString()).Order(new ByLengthThenName()));

    /// <summary>A clock whose periodic timers never fire: what is seen, the kernel has told.</summary>
    private sealed class NoPollTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, period == Timeout.InfiniteTimeSpan ? dueTime : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private sealed class ByLengthThenName : IComparer<string>
    {
        public int Compare(string? x, string? y) => x!.Length != y!.Length ? x.Length.CompareTo(y.Length) : string.CompareOrdinal(x, y);
    }
}
