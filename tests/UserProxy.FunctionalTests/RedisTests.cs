using System.Globalization;
using System.Net;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;

namespace UserProxy.FunctionalTests;

/// <summary>A real protocol with real clients.</summary>
public sealed class RedisTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Redis_CommandsAndBenchmark_WorkThroughTheProxy(TransportKind transport)
    {
        Tool.SkipUnlessInstalled("redis-server", "redis-cli", "redis-benchmark");
        int serverPort = FreePort.Next();
        await using var server = Tool.Start("redis-server", "--port", Text(serverPort), "--bind", "127.0.0.1", "--save", "", "--daemonize", "no");
        var service = Service.OnFreePort() with { Endpoints = [new Endpoint(IPAddress.Loopback, serverPort)] };
        await Eventually.IsTrue(() => KernelTable.Count(serverPort, TcpSocketState.Listen) > 0, "redis listens");
        await using var proxy = await Proxy.StartAsync(transport, service);
        string port = Text(proxy.Address.Port);
        string value = new('v', 100_000);

        (await Tool.RunAsync("redis-cli", "-p", port, "PING")).Trim().ShouldBe("PONG");
        (await Tool.RunAsync("redis-cli", "-p", port, "SET", "key", value)).Trim().ShouldBe("OK");
        (await Tool.RunAsync("redis-cli", "-p", port, "GET", "key")).Trim().ShouldBe(value);
        string benchmark = await Tool.RunAsync("redis-benchmark", "-p", port, "-n", "20000", "-c", "50", "-P", "16", "-t", "set,get", "--csv");

        benchmark.ShouldContain("\"SET\"");
        benchmark.ShouldContain("\"GET\"");
        proxy.Counters.Accepted.ShouldBeGreaterThanOrEqualTo(103);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
