using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.Hosting;
using UserProxy.Model;
using UserProxy.Tcp.Sockets;

namespace UserProxy.App.Tests.Hosting;

public sealed class NodeAgentTests
{
    [Fact]
    public async Task Follow_SourceDies_Exits1()
    {
        await using var transport = new SocketTransport();
        var proxier = new Proxier(transport, new ProxyOptions(), TimeProvider.System, NullLogger<Proxier>.Instance);
        using var signals = new StopSignals(NullLogger.Instance, TimeSpan.Zero, TimeProvider.System, _ => { }, TestContext.Current.CancellationToken);

        (await NodeAgent.FollowAsync(new DyingSource(), proxier, signals, NullLogger.Instance)).ShouldBe(ExitCode.Failed);
    }

    [Fact]
    public async Task Follow_Stopped_Exits0()
    {
        await using var transport = new SocketTransport();
        var proxier = new Proxier(transport, new ProxyOptions(), TimeProvider.System, NullLogger<Proxier>.Instance);
        using var signals = new StopSignals(NullLogger.Instance, TimeSpan.Zero, TimeProvider.System, _ => { }, TestContext.Current.CancellationToken);
        signals.Receive("SIGTERM");

        (await NodeAgent.FollowAsync(new DyingSource(), proxier, signals, NullLogger.Instance)).ShouldBe(ExitCode.Done);
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
