using System.Diagnostics;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;

namespace UserProxy.FunctionalTests;

/// <summary>Connections of an endpoint that has left have so much time still. They wait, and so beside other tests.</summary>
public sealed class DrainDurationTests
{
    /// <summary>Longer than a busy machine keeps a test waiting.</summary>
    private static readonly TimeSpan After = TimeSpan.FromSeconds(5);

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task EndpointRemoved_ConnectionLivesUntilThen(TransportKind transport)
    {
        await using var old = Backend.Echo();
        await using var next = Backend.Echo();
        var service = Service.OnFreePort().With(new ServiceSettings { Drain = new DrainPolicy(After) });
        await using var proxy = await Proxy.StartAsync(transport, service.To(old));
        using var client = await proxy.ConnectAsync();
        await client.AskAsync("before");

        var watch = Stopwatch.StartNew();
        await proxy.UpdateAsync(service.To(next));
        (await client.AskAsync("after")).ShouldBe("after");

        (await client.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Reset);
        watch.Elapsed.ShouldBeGreaterThan(After * 0.9);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task EndpointWasBackInBetween_HasItsTimeFromTheLastLeaving(TransportKind transport)
    {
        await using var old = Backend.Echo();
        await using var next = Backend.Echo();
        var service = Service.OnFreePort().With(new ServiceSettings { Drain = new DrainPolicy(After) });
        await using var proxy = await Proxy.StartAsync(transport, service.To(old));
        using var client = await proxy.ConnectAsync();
        await client.AskAsync("before");
        var watch = Stopwatch.StartNew();
        await proxy.UpdateAsync(service.To(next));
        await proxy.UpdateAsync(service.To(old, next));
        await Eventually.IsTrue(() => watch.Elapsed > After / 2, "half of the first time has passed");

        watch.Restart();
        await proxy.UpdateAsync(service.To(next));

        (await client.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Reset);
        watch.Elapsed.ShouldBeGreaterThan(After * 0.9);
    }
}
