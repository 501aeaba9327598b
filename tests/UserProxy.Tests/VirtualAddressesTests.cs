using System.Net;
using Microsoft.Extensions.Logging.Abstractions;

namespace UserProxy.Tests;

public sealed class VirtualAddressesTests
{
    private static readonly IPAddress A = IPAddress.Parse("10.96.0.1"), B = IPAddress.Parse("10.96.0.2");

    private readonly Recorder _target = new();
    private readonly FakeTimeProvider _time = new();
    private readonly VirtualAddresses _addresses;

    public VirtualAddressesTests() => _addresses = new(_target, _time, NullLogger.Instance);

    [Fact]
    public async Task Sync_OneReplacesAnother_OldAndNewFirstThenNew()
    {
        _addresses.Add(A);
        await SyncAsync();
        _addresses.Remove(A);
        _addresses.Add(B);
        await SyncAsync();

        _target.Calls.ShouldBe(["10.96.0.1", "10.96.0.1 10.96.0.2", "10.96.0.2"]);
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
        // Declared twice and given up once; and given up and declared again.
        _addresses.Add(A);
        _addresses.Remove(A);
        _addresses.Remove(A);
        _addresses.Add(A);
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

    private async Task SyncAsync()
    {
        await _addresses.BeforeBindingAsync(CancellationToken.None);
        await _addresses.AfterClosingAsync(CancellationToken.None);
    }

    private sealed class Recorder : IVirtualIPs
    {
        public List<string> Calls { get; } = [];

        public Exception? Failure { get; set; }

        public ValueTask ApplyAsync(IReadOnlySet<IPAddress> wanted, CancellationToken cancellationToken)
        {
            Calls.Add(string.Join(' ', wanted.Select(address => address.ToString()).Order()));
            return Failure is null ? default : ValueTask.FromException(Failure);
        }
    }
}
