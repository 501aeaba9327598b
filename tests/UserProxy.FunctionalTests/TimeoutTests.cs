using System.Diagnostics;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;
using UserProxy.Serving;

namespace UserProxy.FunctionalTests;

/// <summary>Connections without progress end after a bounded time, by RST: a FIN would claim a complete stream.</summary>
public sealed class TimeoutTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Idle_BothSidesAreReset(TransportKind transport)
    {
        var atBackend = new TaskCompletionSource<Received>();
        await using var backend = Backend.Run(async peer =>
        {
            await peer.SendAsync("x");
            atBackend.SetResult(await peer.ReceiveToEndAsync());
        });
        var settings = new ServiceSettings { IdleTimeout = TimeSpan.FromSeconds(1) };
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(backend).With(settings));
        var watch = Stopwatch.StartNew();
        using var client = await proxy.ConnectAsync();

        await client.ReceiveAsync(1);
        (await client.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Reset);

        watch.Elapsed.ShouldBeGreaterThan(TimeSpan.FromMilliseconds(900));
        (await atBackend.Task).End.ShouldBe(StreamEnd.Reset);
        await proxy.EndsWith(EndReason.Idle);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Idle_OneDirectionIsBusy_ConnectionLives(TransportKind transport)
    {
        await using var sink = Backend.Run(async peer => await peer.ReceiveToEndAsync());
        var settings = new ServiceSettings { IdleTimeout = TimeSpan.FromSeconds(4) };
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(sink).With(settings));
        using var client = await proxy.ConnectAsync();

        // Longer than the timeout, which is longer than a busy machine keeps a test waiting.
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        for (int i = 0; i < 10; i++)
        {
            await client.SendAsync("x");
            await pace.WaitForNextTickAsync();
        }

        proxy.Counters.Closed(EndReason.Idle).ShouldBe(0);
        await proxy.EndsWith(EndReason.Idle);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task HalfClosed_OtherSideStaysSilent_IsResetAtItsOwnTimeout(TransportKind transport)
    {
        await using var silent = Backend.Run(async peer =>
        {
            await peer.ReceiveToEndAsync();
            // Holds its half open until the proxy resets it.
            while (await peer.Socket.SendAsync(ReadOnlyMemory<byte>.Empty) == 0 && peer.Socket.Poll(0, System.Net.Sockets.SelectMode.SelectError) is false)
                await Task.Delay(50);
        });
        var settings = new ServiceSettings { IdleTimeout = TimeSpan.FromHours(1), HalfCloseTimeout = TimeSpan.FromSeconds(1) };
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(silent).With(settings));
        using var client = await proxy.ConnectAsync();

        var watch = Stopwatch.StartNew();
        client.FinishSending();
        (await client.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Reset);

        watch.Elapsed.ShouldBeGreaterThan(TimeSpan.FromMilliseconds(900));
        await proxy.EndsWith(EndReason.Idle);
        await Eventually.IsTrue(() => silent.Finished == 1, "the backend is reset too");
    }
}
