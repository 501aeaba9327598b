using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.Hosting;

namespace UserProxy.App.Tests.Hosting;

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
    public async Task Receive_Second_AbortsAndInTheEndExits()
    {
        var exited = new TaskCompletionSource<int>();
        using var signals = new StopSignals(NullLogger.Instance, TimeSpan.Zero, TimeProvider.System, exited.SetResult, CancellationToken.None);

        signals.Receive("SIGTERM");
        signals.Receive("SIGINT");

        signals.Abort.IsCancellationRequested.ShouldBeTrue();
        (await exited.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).ShouldBe(ExitCode.Failed);
    }
}
