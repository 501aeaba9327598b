using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.CommandLine;
using UserProxy.App.Run;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Serving;
using UserProxy.Tcp;
using UserProxy.Tcp.Sockets;

namespace UserProxy.App.Tests.Run;

public sealed class NodeAgentTests
{
    [Fact]
    public async Task Follow_SourceDies_Exits1()
    {
        await using var transport = new SocketTransport();
        var proxier = new Proxier(transport, new ProxyOptions(), TimeProvider.System, NullLogger<Proxier>.Instance);
        using var signals = new StopSignals(NullLogger.Instance, TimeSpan.Zero, TimeProvider.System, _ => { }, TestContext.Current.CancellationToken);

        (await NodeAgent.FollowAsync(new DyingSource(), proxier, NullLogger.Instance, signals.Stop, signals.Abort)).ShouldBe(ExitCode.Failed);
    }

    [Fact]
    public async Task Follow_Stopped_Exits0()
    {
        await using var transport = new SocketTransport();
        var proxier = new Proxier(transport, new ProxyOptions(), TimeProvider.System, NullLogger<Proxier>.Instance);
        using var signals = new StopSignals(NullLogger.Instance, TimeSpan.Zero, TimeProvider.System, _ => { }, TestContext.Current.CancellationToken);
        signals.Receive("SIGTERM");

        (await NodeAgent.FollowAsync(new DyingSource(), proxier, NullLogger.Instance, signals.Stop, signals.Abort)).ShouldBe(ExitCode.Done);
    }

    [Fact]
    public async Task Follow_StoppedInTheMiddleOfASync_Exits0()
    {
        var token = TestContext.Current.CancellationToken;
        await using var sockets = new SocketTransport();
        using var signals = new StopSignals(NullLogger.Instance, TimeSpan.Zero, TimeProvider.System, _ => { }, token);
        var source = new LastingSource();
        await using var transport = new SlowBind(sockets, async () =>
        {
            signals.Receive("SIGTERM");
            await source.Ended;
        });
        var proxier = new Proxier(transport, new ProxyOptions { AllowLoopbackEndpoints = true }, TimeProvider.System, NullLogger<Proxier>.Instance);

        (await NodeAgent.FollowAsync(source, proxier, NullLogger.Instance, signals.Stop, signals.Abort)).ShouldBe(ExitCode.Done);
    }

    /// <summary>As the line of each sync: one that lets nobody from outside in is bound all the same.</summary>
    [Fact]
    public void CountListening_CountsWhatIsBound()
    {
        ListenAddress[] addresses = [.. Enumerable.Range(30001, 3).Select(number => new ListenAddress(ListenerKind.NodePort, IPAddress.Any, number))];
        var port = new ServicePort { Name = new("shop", "web", "", TransportProtocol.Tcp), Family = AddressFamily.InterNetwork, Listeners = [.. addresses] };

        NodeAgent.CountListening(
        [
            new ServiceReading(port,
            [
                new ListenerReading(addresses[0], ListenerState.Listening, Listens: true),
                new ListenerReading(addresses[1], ListenerState.Dropping, "no endpoint on this node", Listens: true),
                new ListenerReading(addresses[2], ListenerState.Refusing, "no endpoint"),
            ]),
        ]).ShouldBe(2);
    }

    private sealed class LastingSource : IServiceSource
    {
        private readonly TaskCompletionSource _ended = new();

        public Task Ended => _ended.Task;

        public string Description => "a source that lasts until it is cancelled";

        public async IAsyncEnumerable<ServiceTable> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            var endpoint = new Endpoint(IPAddress.Loopback, 9);
            yield return new ServiceTable(1, [new ServicePort
            {
                Name = new("shop", "web", "", TransportProtocol.Tcp),
                Family = AddressFamily.InterNetwork,
                Listeners = [new ListenAddress(ListenerKind.NodePort, IPAddress.Loopback, 0)],
                Endpoints = [endpoint],
                ClusterEndpoints = [endpoint],
                HasEndpoints = true,
            }]);
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                // Continues on another thread, when the source has ended for its reader too.
                _ = Task.Delay(TimeSpan.FromMilliseconds(50), CancellationToken.None).ContinueWith(_ => _ended.SetResult(), TaskScheduler.Default);
            }
        }
    }

    /// <summary>A transport that does something else before it binds.</summary>
    private sealed class SlowBind(ITransport inner, Func<Task> before) : ITransport
    {
        public string Name => inner.Name;

        public MemoryBudget Memory => inner.Memory;

        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
            inner.BindAsync(endpoint, cancellationToken);

        public async ValueTask<IFilteredListener> BindAsync(IPEndPoint endpoint, ListenOptions options, CancellationToken cancellationToken = default)
        {
            await before();
            return await inner.BindAsync(endpoint, options, cancellationToken);
        }

        public ValueTask<DialResult> DialAsync(IPEndPoint endpoint, TransportConnection client, DialOptions options) =>
            inner.DialAsync(endpoint, client, options);

        public Relay CreateRelay(TransportConnection client, TransportConnection backend, RelayOptions options) => inner.CreateRelay(client, backend, options);

        public ValueTask DisposeAsync() => default;
    }

    private sealed class DyingSource : IServiceSource
    {
        public string Description => "a source that dies";

        public async IAsyncEnumerable<ServiceTable> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return ServiceTable.Empty;
            await Task.Yield();
            throw new InvalidOperationException("gone for good");
        }
    }
}
