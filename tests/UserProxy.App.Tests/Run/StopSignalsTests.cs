using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.CommandLine;
using UserProxy.App.Run;
using UserProxy.FunctionalTests.Support;
using UserProxy.Tests;

namespace UserProxy.App.Tests.Run;

public sealed class StopSignalsTests
{
    [Fact]
    public void Receive_First_StopsAndDoesNotAbort()
    {
        using var signals = new StopSignals(NullLogger.Instance, TimeSpan.Zero, TimeProvider.System, _ => { }, CancellationToken.None);

        signals.Receive("SIGTERM");

        signals.Stop.IsCancellationRequested.ShouldBeTrue();
        signals.Abort.IsCancellationRequested.ShouldBeFalse();
    }

    [Fact]
    public void Receive_SameAgainAtOnce_IsTheEchoOfTheFirst()
    {
        using var signals = new StopSignals(NullLogger.Instance, TimeSpan.Zero, new SteppedTime(), _ => { }, CancellationToken.None);

        signals.Receive("SIGTERM");
        signals.Receive("SIGTERM");

        signals.Abort.IsCancellationRequested.ShouldBeFalse();
    }

    [Fact]
    public async Task Receive_SecondLater_AbortsAndInTheEndExits()
    {
        var exited = new TaskCompletionSource<int>();
        var time = new SteppedTime();
        using var signals = new StopSignals(NullLogger.Instance, TimeSpan.Zero, time, exited.SetResult, CancellationToken.None);

        signals.Receive("SIGTERM");
        time.Now += TimeSpan.FromMilliseconds(250);
        signals.Receive("SIGINT");
        signals.Receive("SIGINT");

        signals.Abort.IsCancellationRequested.ShouldBeTrue();
        (await exited.Task.WaitAsync(TimeSpan.FromSeconds(90), TestContext.Current.CancellationToken)).ShouldBe(ExitCode.Failed);
    }

    [Fact]
    public async Task ReceiveRestart_PortsAreKept_StopsAndSoonAborts()
    {
        var time = new FakeTimeProvider();
        using var signals = new StopSignals(NullLogger.Instance, TimeSpan.FromMinutes(5), time, _ => { }, CancellationToken.None, () => true);

        signals.ReceiveRestart();

        (signals.IsRestart, signals.Stop.IsCancellationRequested, signals.Abort.IsCancellationRequested).ShouldBe((true, true, false));
        time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.IsTrue(() => signals.Abort.IsCancellationRequested, "what still runs is ended");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ReceiveRestart_NothingIsKept_IsAStopUnderAManager_AndElseIgnored(bool hasManager)
    {
        using var signals = new StopSignals(
            NullLogger.Instance, TimeSpan.Zero, new SteppedTime(), _ => { }, CancellationToken.None, hasManager ? () => false : null);

        signals.ReceiveRestart();

        (signals.IsRestart, signals.Stop.IsCancellationRequested).ShouldBe((false, hasManager));
    }

    [Fact]
    public void ReceiveRestart_AfterAStop_DoesNotKeep()
    {
        using var signals = new StopSignals(NullLogger.Instance, TimeSpan.Zero, new SteppedTime(), _ => { }, CancellationToken.None, () => true);

        signals.Receive("SIGTERM");
        signals.ReceiveRestart();

        signals.IsRestart.ShouldBeFalse();
    }

    /// <summary>A clock that stands; its timers are the system's.</summary>
    private sealed class SteppedTime : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
