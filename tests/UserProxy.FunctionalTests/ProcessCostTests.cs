using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>The executable from outside: what it costs at the limits of the process.</summary>
[Collection(nameof(Alone))]
[StartsProgram]
public sealed class ProcessCostTests
{
    private static readonly TimeSpan LongDrain = TimeSpan.FromSeconds(20);

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task FourHundredDescriptors_ThousandClients_WaitWithoutASpinAndAreAllServed(TransportKind transport)
    {
        Tool.SkipUnlessInstalled("prlimit");
        await using var echo = Backend.Echo();
        await using var proxy = RunningProxy.Start(transport, echo, LongDrain, "prlimit", "--nofile=400:400");
        await proxy.ListensAsync();
        var clients = new List<Peer>();
        for (int i = 0; i < 1000; i++) clients.Add(await proxy.ConnectAsync());
        (await clients[0].AskAsync("served")).ShouldBe("served");

        (await Spin.ShareOfAsync(() => proxy.Process.ProcessorTime)).ShouldBeLessThan(Spin.Half);
        echo.Accepted.ShouldBeInRange(20, 150);
        await Task.WhenAll(clients.Select(async client =>
        {
            (await client.AskAsync("hello")).ShouldBe("hello");
            client.Dispose();
        })).WaitAsync(Eventually.Patience);
    }
}
