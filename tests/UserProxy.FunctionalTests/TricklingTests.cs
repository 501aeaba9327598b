using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;

namespace UserProxy.FunctionalTests;

/// <summary>A client that reads slowly is not an idle one.</summary>
public sealed class TricklingTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task TricklingReader_LongerThanTheIdleTimeout_IsNotIdle(TransportKind transport)
    {
        var payload = new byte[4 * 1024 * 1024];
        await using var backend = Backend.Run(async peer => await peer.SendAsync(payload));
        var settings = new ServiceSettings { IdleTimeout = TimeSpan.FromSeconds(4) };
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(backend).With(settings));
        using var client = await proxy.ConnectAsync();
        client.Socket.ReceiveBufferSize = 64 * 1024;

        // About six seconds; for most of it the proxy has nothing left to write, and only acknowledgements show that the client goes on.
        const int pieces = 30;
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        for (int i = 0; i < pieces; i++)
        {
            await client.ReceiveAsync(payload.Length / pieces);
            await pace.WaitForNextTickAsync();
        }

        var rest = await client.ReceiveToEndAsync();
        rest.Bytes.Length.ShouldBe(payload.Length % pieces);
    }

    /// <summary>The whole reply and the FIN are in the kernel's send buffer while the client reads: what it acknowledges is progress.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task TricklingReader_AfterTheBackendsFin_IsNotCut(TransportKind transport)
    {
        const int pieces = 24;
        var payload = new byte[pieces * 48 * 1024];
        await using var backend = Backend.Run(async peer =>
        {
            await peer.SendAsync(payload);
            peer.FinishSending();
            await peer.ReceiveToEndAsync();
        });
        var settings = new ServiceSettings { HalfCloseTimeout = TimeSpan.FromSeconds(4) };
        await using var proxy = await Proxy.StartAsync(transport, Service.OnFreePort().To(backend).With(settings));
        using var client = await proxy.ConnectAsync();
        client.Socket.ReceiveBufferSize = 32 * 1024;

        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        for (int piece = 0; piece < pieces; piece++)
        {
            await pace.WaitForNextTickAsync();
            (await client.ReceiveAsync(payload.Length / pieces)).Length.ShouldBe(payload.Length / pieces);
        }

        client.FinishSending();
        (await client.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Fin);
    }
}
