using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.Syncing;

namespace UserProxy.Tests.Syncing;

public sealed class VirtualIPSetTests : IDisposable
{
    private static readonly IPAddress A = IPAddress.Parse("10.96.0.1"), B = IPAddress.Parse("10.96.0.2");

    private readonly Recorder _target = new();
    private readonly FakeTimeProvider _time = new();
    private readonly SemaphoreSlim _woken = new(0);
    private readonly VirtualIPSet _addresses;

    public VirtualIPSetTests() => _addresses = Create(TimeSpan.FromMinutes(1));

    [Fact]
    public async Task Sync_OneReplacesAnother_IsOneCall()
    {
        _addresses.Add(A);
        await SyncAsync();
        _addresses.Remove(A);
        _addresses.Add(B);
        await SyncAsync();

        _target.Calls.ShouldBe(["10.96.0.1", "10.96.0.2"]);
    }

    [Fact]
    public async Task FirstTable_WithoutAny_SaysSo_AndOnlyThen()
    {
        await SyncAsync();
        _target.Calls.ShouldBeEmpty("before the first table nobody knows what a former run's addresses are for");
        _addresses.TableIsKnown();
        await SyncAsync();
        _addresses.TableIsKnown();
        await SyncAsync();

        _target.Calls.ShouldBe([""]);
    }

    [Fact]
    public async Task Sync_NothingChanged_IsNoCall()
    {
        _addresses.Add(A);
        await SyncAsync();
        await SyncAsync();
        // Declared twice and given up once.
        _addresses.Add(A);
        _addresses.Remove(A);
        await SyncAsync();

        _target.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Sync_Failed_IsTriedAgainLaterAndLater()
    {
        _target.Failure = new InvalidOperationException("no permission");
        _addresses.Add(A);
        await SyncAsync();
        var due = _time.GetElapsedTime(_time.GetTimestamp(), _addresses.RetryAt.ShouldNotBeNull());
        await SyncAsync();
        _target.Calls.Count.ShouldBe(1);

        _time.Advance(due);
        await SyncAsync();
        _time.GetElapsedTime(_time.GetTimestamp(), _addresses.RetryAt.ShouldNotBeNull()).ShouldBe(due * 2);

        _target.Failure = null;
        _time.Advance(due * 2);
        await SyncAsync();
        _addresses.RetryAt.ShouldBeNull();
        _target.Calls.ShouldBe(["10.96.0.1", "10.96.0.1", "10.96.0.1"]);
    }

    [Fact]
    public async Task Sync_WorkHangs_IsWaitedForOnce_AndChangesComeAfterIt()
    {
        var impatient = Create(TimeSpan.FromMilliseconds(1));
        var hanging = _target.Hang();
        impatient.Add(A);
        await impatient.ApplyAsync(CancellationToken.None);
        impatient.Remove(A);
        impatient.Add(B);
        await impatient.ApplyAsync(CancellationToken.None);
        _target.Calls.ShouldBe(["10.96.0.1"]);
        _woken.CurrentCount.ShouldBe(0);

        hanging.SetException(new InvalidOperationException("nft did not end"));
        (await _woken.WaitAsync(TimeSpan.FromSeconds(90), TestContext.Current.CancellationToken)).ShouldBeTrue();
        await impatient.ApplyAsync(CancellationToken.None);

        _target.Calls.ShouldBe(["10.96.0.1", "10.96.0.2"]);
        impatient.RetryAt.ShouldBeNull();
    }

    [Fact]
    public async Task Stop_WorkHangs_EndsWithIt()
    {
        var impatient = Create(TimeSpan.FromMilliseconds(1));
        var hanging = _target.Hang();
        impatient.Add(A);
        await impatient.ApplyAsync(CancellationToken.None);

        var stopping = impatient.StopAsync();
        stopping.IsCompleted.ShouldBeFalse();
        hanging.SetCanceled(TestContext.Current.CancellationToken);
        await stopping.WaitAsync(TimeSpan.FromSeconds(90), TestContext.Current.CancellationToken);
    }

    public void Dispose() => _woken.Dispose();

    private VirtualIPSet Create(TimeSpan patience) => new(_target, () => _woken.Release(), _time, NullLogger.Instance, patience);

    private async Task SyncAsync() => await _addresses.ApplyAsync(CancellationToken.None);

    private sealed class Recorder : IVirtualIPs
    {
        public List<string> Calls { get; } = [];

        public Exception? Failure { get; set; }

        private Task? Hanging { get; set; }

        /// <summary>The next call ends when the test says so.</summary>
        public TaskCompletionSource Hang()
        {
            var hanging = new TaskCompletionSource();
            Hanging = hanging.Task;
            return hanging;
        }

        public ValueTask ApplyAsync(IReadOnlySet<IPAddress> wanted, CancellationToken cancellationToken)
        {
            Calls.Add(string.Join(' ', wanted.Select(address => address.ToString()).Order()));
            if (Hanging is { } hanging)
            {
                Hanging = null;
                return new ValueTask(hanging);
            }

            return Failure is null ? default : ValueTask.FromException(Failure);
        }
    }
}
