using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.CommandLine;
using UserProxy.App.Run;

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

    /// <summary>A clock that stands; its timers are the system's.</summary>
    private sealed class SteppedTime : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
