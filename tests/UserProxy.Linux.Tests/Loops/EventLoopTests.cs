using UserProxy.Linux.Kernel;
using UserProxy.Linux.Loops;

namespace UserProxy.Linux.Tests.Loops;

public abstract class EventLoopTests : IDisposable
{
    private readonly Func<EventLoop> _create;
    private readonly EventLoop _loop;

    private protected EventLoopTests(Func<EventLoop> create)
    {
        _create = create;
        _loop = create();
        _loop.Start();
    }

    public void Dispose()
    {
        _loop.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Schedule_FromElsewhere_RunsOnTheLoopInOrder()
    {
        var ran = new List<int>();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        for (int i = 0; i < 1_000; i++)
        {
            int number = i;
            _loop.Schedule(_ => ran.Add(EventLoop.Current == _loop ? number : -1), null);
        }

        _loop.Schedule(_ => done.SetResult(), null);

        await done.Task.WaitAsync(TimeSpan.FromSeconds(90));
        ran.ShouldBe(Enumerable.Range(0, 1_000));
    }

    /// <summary>What awaits a connection goes on on its loop, and may be what disposes of the transport: the turn that called it is not over.</summary>
    [Fact]
    public async Task Dispose_OnTheLoop_LeavesItWholeUntilTheTurnIsOver()
    {
        int added = await OnLoopAsync(() =>
        {
            _loop.Dispose();
            using var descriptor = new FileHandle(Libc.EventFd());
            return _loop.AddDatagrams(descriptor.Descriptor, handler: null!);
        });

        added.ShouldBeGreaterThanOrEqualTo(0);
    }

    [Fact]
    public async Task Schedule_FromManyThreads_LosesNothing()
    {
        int ran = 0;

        await Parallel.ForAsync(0, 10_000, (_, _) =>
        {
            _loop.Schedule(_ => ran++, null);
            return ValueTask.CompletedTask;
        });

        int seen = await OnLoopAsync(() => ran);
        seen.ShouldBe(10_000);
    }

    [Fact]
    public async Task Schedule_OnTheLoop_WaitsForTheNextTurn()
    {
        var order = new List<string>();

        await OnLoopAsync(() =>
        {
            _loop.Schedule(_ => order.Add("scheduled"), null);
            order.Add("running");
            return 0;
        });
        await OnLoopAsync(() => 0);

        order.ShouldBe(["running", "scheduled"]);
    }

    [Fact]
    public async Task Stop_AfterSchedule_StillRunsWhatWasScheduled()
    {
        using var loop = _create();
        loop.Start();
        var done = new TaskCompletionSource();

        loop.Schedule(_ => done.SetResult(), null);
        loop.Stop();

        await done.Task.WaitAsync(TimeSpan.FromSeconds(90));
    }

    [Fact]
    public async Task IsAlive_LoopHangs_IsFalse_UntilItGoesOn()
    {
        _loop.IsAlive(TimeSpan.FromMinutes(1)).ShouldBeTrue();
        await OnLoopAsync(() => 0);
        _loop.IsAlive(TimeSpan.Zero).ShouldBeTrue("it has answered, and is asked again");
        await OnLoopAsync(() => 0);

        using var goOn = new ManualResetEventSlim();
        _loop.Schedule(_ => goOn.Wait(TimeSpan.FromSeconds(30)), null);
        _loop.IsAlive(TimeSpan.FromMinutes(1)).ShouldBeTrue();
        _loop.IsAlive(TimeSpan.FromMinutes(1)).ShouldBeTrue("it has been asked just now");
        _loop.IsAlive(TimeSpan.Zero).ShouldBeFalse();

        goOn.Set();
        await OnLoopAsync(() => 0);
        _loop.IsAlive(TimeSpan.Zero).ShouldBeTrue();
    }

    private Task<int> OnLoopAsync(Func<int> work)
    {
        var result = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Schedule(_ => result.SetResult(work()), null);
        return result.Task.WaitAsync(TimeSpan.FromSeconds(90));
    }
}
