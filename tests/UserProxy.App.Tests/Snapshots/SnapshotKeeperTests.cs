using System.Collections.Concurrent;
using UserProxy.App.Snapshots;
using UserProxy.FunctionalTests.Support;
using UserProxy.Kubernetes.Tests;
using UserProxy.Model;

namespace UserProxy.App.Tests.Snapshots;

/// <summary>When the file is written, and what a disk that does not take it costs. Timers fire at once; what they were set for is looked at.</summary>
public sealed class SnapshotKeeperTests : IDisposable
{
    private const int NotWritten = 593, WrittenAgain = 594;

    private readonly HastyTime _time = new();
    private readonly RecordingLogger<SnapshotKeeper> _log = new();
    private readonly ConcurrentQueue<ServiceTable> _written = new();
    private readonly CancellationTokenSource _stop = new();
    private Action _disk = () => { };

    [Fact]
    public async Task Change_IsWritten_AndNextOneAfterAPause()
    {
        // 10 s is the patience with a disk.
        var time = new HastyTime { ButFor = TimeSpan.FromSeconds(10) };
        var keeper = New(TimeSpan.FromHours(1), time);
        var running = keeper.RunAsync(_stop.Token);

        var table = Table(1);
        keeper.Keep(table);
        await Eventually.IsTrue(() => IsWritten(table), "it is written");
        var next = Table(2);
        keeper.Keep(next);
        await Eventually.IsTrue(() => IsWritten(next), "it is written");

        time.Waits.ShouldContain(TimeSpan.FromSeconds(1), "changes come in crowds");
        time.Waits.ShouldContain(wait => wait >= TimeSpan.FromSeconds(5) && wait != TimeSpan.FromSeconds(10), "not more often");
        keeper.WrittenAt.ShouldBeGreaterThan(0);
        await StopAsync(running);
    }

    [Fact]
    public async Task NoChange_IsWrittenAnewNowAndThen()
    {
        var keeper = New(TimeSpan.FromMinutes(5));
        var running = keeper.RunAsync(_stop.Token);

        keeper.Keep(Table(1));
        await Eventually.IsTrue(() => _written.Count >= 3, "its age says how long nobody was there");

        _time.Waits.ShouldContain(TimeSpan.FromMinutes(5));
        _written.Distinct().Count().ShouldBe(1);
        await StopAsync(running);
    }

    [Fact]
    public async Task DiskFails_IsSaidOnce_AndOnceWhenItWorksAgain()
    {
        _disk = () => throw new IOException("No space left on device");
        var keeper = New(TimeSpan.FromHours(1));
        var running = keeper.RunAsync(_stop.Token);

        keeper.Keep(Table(1));
        await Eventually.IsTrue(() => keeper.Failures >= 3, "it is tried again");
        keeper.Trouble.ShouldBe("No space left on device");
        _disk = () => { };
        await _log.SeenAsync(WrittenAgain).WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);

        keeper.Trouble.ShouldBeNull();
        _log.Lines(NotWritten).ShouldHaveSingleItem().ShouldContain("/state/services.snapshot cannot be written: No space left on device");
        _log.Lines(WrittenAgain).Count().ShouldBe(1);
        await StopAsync(running);
    }

    [Fact]
    public async Task DiskHangs_IsSaid_AndNeitherTablesNorTheEndWaitForIt()
    {
        using var hung = new ManualResetEventSlim();
        _disk = hung.Wait;
        var keeper = New(TimeSpan.FromHours(1));
        var running = keeper.RunAsync(_stop.Token);

        keeper.Keep(Table(1));
        await _log.SeenAsync(NotWritten).WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
        keeper.Keep(Table(2));
        await StopAsync(running);

        _written.ShouldBeEmpty();
        _log.Lines(NotWritten).ShouldHaveSingleItem().ShouldContain("the disk has not taken it for 10 s");
        hung.Set();
    }

    [Fact]
    public async Task DiskHangsAndGoesOn_IsSaidToWorkAgain()
    {
        using var hung = new ManualResetEventSlim();
        _disk = hung.Wait;
        var keeper = New(TimeSpan.FromHours(1));
        var running = keeper.RunAsync(_stop.Token);
        keeper.Keep(Table(1));
        await _log.SeenAsync(NotWritten).WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);

        hung.Set();

        await _log.SeenAsync(WrittenAgain).WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
        _written.Count.ShouldBe(1);
        await StopAsync(running);
    }

    /// <summary>At an orderly end the last change is in the file, however short ago it was.</summary>
    [Fact]
    public async Task Stop_WritesWhatIsNotWrittenYet()
    {
        var keeper = new SnapshotKeeper(Write, "/state/services.snapshot", TimeSpan.FromHours(1), _log, TimeProvider.System);
        var running = keeper.RunAsync(_stop.Token);
        var table = Table(1);
        keeper.Keep(table);

        await StopAsync(running);

        _written.ShouldBe([table]);
    }

    [Fact]
    public async Task Stop_NothingWasInForce_WritesNothing()
    {
        var keeper = New(TimeSpan.FromHours(1));
        var running = keeper.RunAsync(_stop.Token);
        await StopAsync(running);
        _written.ShouldBeEmpty();
    }

    public void Dispose() => _stop.Dispose();

    private SnapshotKeeper New(TimeSpan renewEvery, HastyTime? time = null) => new(Write, "/state/services.snapshot", renewEvery, _log, time ?? _time);

    private static ServiceTable Table(long revision) => new(revision, []);

    /// <summary>This one, and not another that equals it: revisions make no difference.</summary>
    private bool IsWritten(ServiceTable table) => _written.Any(written => ReferenceEquals(written, table));

    private void Write(ServiceTable table)
    {
        _disk();
        _written.Enqueue(table);
    }

    private async Task StopAsync(Task running)
    {
        await _stop.CancelAsync();
        await running.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
    }
}
