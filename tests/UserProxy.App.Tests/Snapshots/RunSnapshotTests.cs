using System.Runtime.CompilerServices;
using UserProxy.App.Configuration;
using UserProxy.App.Snapshots;
using UserProxy.FunctionalTests.Support;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Tests;
using UserProxy.Model;
using UserProxy.Syncing;

namespace UserProxy.App.Tests.Snapshots;

/// <summary>Which snapshots a run serves, until when, and what it says of the others.</summary>
public sealed class RunSnapshotTests : IDisposable
{
    private const int Refused = 590, Served = 591, SourceIsServed = 592;

    private readonly TempFolder _temp = new();
    private readonly RecordingLogger<RunSnapshot> _log = new();
    private readonly SetTime _time = new();
    private readonly ServiceTable _table = new(41, [], [new TableIssue("Service a/b", "Reason", "as it was")]);

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Start_Snapshot_IsServedFirst_AndSaid_UntilTheSourceHasBeenListed()
    {
        Leave(TimeSpan.FromSeconds(42));
        await using var run = Begin()!;
        var first = new ServiceTable(1, []);
        var source = await run.BeforeAsync(new Tables(first), Written.Identity, CancellationToken.None);
        await using var tables = source.WatchAsync(CancellationToken.None).GetAsyncEnumerator(TestContext.Current.CancellationToken);

        (await tables.MoveNextAsync()).ShouldBeTrue();
        tables.Current.ShouldBe(_table);
        tables.Current.Revision.ShouldBe(41);
        run.Is(tables.Current).ShouldBeTrue();
        run.Follow(new AppliedTable(tables.Current, TimeSpan.Zero));
        (run.ServedFrom, run.Age).ShouldBe((_time.Now - TimeSpan.FromSeconds(42), TimeSpan.FromSeconds(42)));
        _log.Lines(Served).ShouldHaveSingleItem().ShouldContain("42s old, is served until the test has been listed");

        (await tables.MoveNextAsync()).ShouldBeTrue();
        tables.Current.ShouldBeSameAs(first);
        run.Is(first).ShouldBeFalse();
        run.ServedFrom.ShouldNotBeNull("it is in force until the other is");
        run.Follow(new AppliedTable(first, TimeSpan.Zero));
        (run.ServedFrom, run.Age).ShouldBe((null, null));
        _log.Lines(SourceIsServed).Count().ShouldBe(1);
    }

    /// <summary>What loads and asks is not to keep the processor from the first bind.</summary>
    [Fact]
    public async Task Source_IsNotStarted_BeforeTheSnapshotIsInForce()
    {
        Leave(TimeSpan.FromSeconds(1));
        await using var run = Begin()!;
        var inner = new Tables(new ServiceTable(1, []));
        var source = await run.BeforeAsync(inner, Written.Identity, CancellationToken.None);
        await using var tables = source.WatchAsync(CancellationToken.None).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        await tables.MoveNextAsync();
        var next = tables.MoveNextAsync().AsTask();

        inner.IsStarted.ShouldBeFalse();
        run.Follow(new AppliedTable(tables.Current, TimeSpan.Zero));

        await next.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
        inner.IsStarted.ShouldBeTrue();
    }

    [Fact]
    public async Task Start_NoFile_IsThePlainSource_AndNothingIsSaid()
    {
        await using var run = Begin()!;
        var plain = new Tables(new ServiceTable(1, []));
        (await run.BeforeAsync(plain, Written.Identity, CancellationToken.None)).ShouldBeSameAs(plain);
        run.ServedFrom.ShouldBeNull();
        _log.Lines(Refused).ShouldBeEmpty();
    }

    [Fact]
    public void Start_NoStateDir_IsNothing() => RunSnapshot.Begin(new RunOptions(), _log, _time).ShouldBeNull();

    [Theory]
    [InlineData(3601, "it is 1h0m1s old, and --snapshot-max-age is 1h0m0s")]
    [InlineData(-61, "which is yet to come: the clock has been set back, so nobody knows its age")]
    public async Task Start_OfAnAgeThatIsNotServed_SaysWhy(int ageSeconds, string why)
    {
        Leave(TimeSpan.FromSeconds(ageSeconds));
        (await RefusedAsync(Written.Identity)).ShouldContain(why);
    }

    [Theory]
    [InlineData(3600)]
    [InlineData(0)]
    [InlineData(-60)]
    public async Task Start_OfAnAgeThatIsServed_IsServed(int ageSeconds)
    {
        Leave(TimeSpan.FromSeconds(ageSeconds));
        await using var run = Begin()!;
        await run.BeforeAsync(new Tables(), Written.Identity, CancellationToken.None);
        run.ServedFrom.ShouldNotBeNull();
    }

    [Fact]
    public async Task Start_OfAnotherNode_SaysWhatAndWhatNow()
    {
        Leave(TimeSpan.Zero);
        var other = SnapshotIdentity.Of(new BuildOptions { NodeName = "node-2" }, "API server https://192.0.2.10:6443/");
        string said = await RefusedAsync(other);
        said.ShouldContain("it was made with node node-1, and now it is node-2");
        said.ShouldContain("Nothing is served until the test has been listed; the file is written anew then");
    }

    [Fact]
    public async Task Start_Damaged_SaysWhy()
    {
        Leave(TimeSpan.Zero);
        string file = Path.Combine(_temp.Path, SnapshotStore.FileName);
        byte[] bytes = File.ReadAllBytes(file);
        File.WriteAllBytes(file, bytes[..^9]);
        (await RefusedAsync(Written.Identity)).ShouldContain("it is damaged");
    }

    /// <summary>A table that ends the process must not end it for as long as the snapshot lives, when the source has long got another.</summary>
    [Fact]
    public async Task Start_FiveInARowHaveEnded_WaitsForTheSource_AndOneThatIsWellEndsTheRow()
    {
        Leave(TimeSpan.Zero);
        for (int i = 0; i < 5; i++) (await StartAndDieAsync()).ShouldBeTrue();
        (await StartAndDieAsync()).ShouldBeFalse();
        _log.Lines(Refused).ShouldHaveSingleItem().ShouldContain("the last 5 processes that started with it ended within a minute");

        await using (var run = Begin()!)
        {
            await run.BeforeAsync(new Tables(), Written.Identity, CancellationToken.None);
            run.Keep(CancellationToken.None);
        }

        (await StartAndDieAsync()).ShouldBeTrue("that was an orderly end");
    }

    /// <summary>It does not get younger by being served.</summary>
    [Fact]
    public async Task End_OnASnapshot_LeavesItAsItWas()
    {
        Leave(TimeSpan.FromMinutes(50));
        await using (var run = Begin()!)
        {
            var source = await run.BeforeAsync(new Tables(), Written.Identity, CancellationToken.None);
            run.Keep(CancellationToken.None);
            await using var tables = source.WatchAsync(CancellationToken.None).GetAsyncEnumerator(TestContext.Current.CancellationToken);
            await tables.MoveNextAsync();
            run.Follow(new AppliedTable(tables.Current, TimeSpan.Zero));
        }

        Store.Read().Found!.WrittenAt.ShouldBe(_time.Now - TimeSpan.FromMinutes(50));
    }

    [Fact]
    public async Task End_WritesWhatWasInForce()
    {
        var table = new ServiceTable(3, [], [new TableIssue("Service a/b", "Reason", "new")]);
        await using (var run = Begin()!)
        {
            await run.BeforeAsync(new Tables(), Written.Identity, CancellationToken.None);
            run.Keep(CancellationToken.None);
            run.Follow(new AppliedTable(table, TimeSpan.Zero));
        }

        var found = Store.Read().Found!;
        (found.Table, found.WrittenAt, found.Identity).ShouldBe((table, _time.Now, Written.Identity));
    }

    private SnapshotStore Store => new(_temp.Path, _time);

    private RunSnapshot? Begin() => RunSnapshot.Begin(new RunOptions { StateDir = _temp.Path }, _log, _time);

    private void Leave(TimeSpan age) => Store.Write(new Snapshot(Written.Identity, _time.Now - age, _table));

    /// <summary>Whether it would have served the snapshot. Nothing that comes at an end comes.</summary>
    private async Task<bool> StartAndDieAsync()
    {
        var run = Begin()!;
        await run.BeforeAsync(new Tables(), Written.Identity, CancellationToken.None);
        return run.ServedFrom is not null;
    }

    private async Task<string> RefusedAsync(SnapshotIdentity identity)
    {
        await using var run = Begin()!;
        var plain = new Tables(new ServiceTable(1, []));
        (await run.BeforeAsync(plain, identity, CancellationToken.None)).ShouldBeSameAs(plain);
        run.ServedFrom.ShouldBeNull();
        return _log.Lines(Refused).ShouldHaveSingleItem();
    }

    /// <summary>The system's timers, and a time of day of the test's own.</summary>
    private sealed class SetTime : TimeProvider
    {
        public DateTimeOffset Now { get; } = new(2025, 3, 1, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    private sealed class Tables(params ServiceTable[] tables) : IServiceSource
    {
        public bool IsStarted { get; private set; }

        public string Description => "the test";

        public async IAsyncEnumerable<ServiceTable> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            IsStarted = true;
            foreach (var table in tables) yield return table;
            await Task.CompletedTask;
        }
    }
}
