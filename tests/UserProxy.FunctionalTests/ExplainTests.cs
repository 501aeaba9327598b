using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;

namespace UserProxy.FunctionalTests;

/// <summary>What explain says of the next client is what that client then meets.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
[StartsProgram]
public sealed class ExplainTests
{
    /// <summary>The pseudo-random ones draw from the turn, and a peek knows the turn: they are as exact as the others.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Explain_EveryScheduler_NamesWhatTheNextConnectionReaches(TransportKind transport)
    {
        var backends = new List<Backend> { Backend.Named("0"), Backend.Named("1"), Backend.Named("2") };
        var ports = SchedulerNames.All.ToDictionary(name => name, _ => FreePort.Next());
        await using var proxy = await ServingProcess.StartAsync(
            transport, string.Join("\n", ports.Select(service => ServingProcess.ServiceOf(service.Key, service.Value, service.Key, backends))));
        using var admin = new AdminSocket(proxy.AdminSocket);
        var held = new List<Peer>();
        for (int i = 0; i < 3; i++)
        {
            foreach (var (number, (scheduler, port)) in ports.Index())
            {
                // The command asks the same question, and costs a process: each scheduler is typed beside one of the transports.
                bool isTyped = i == 0 && number % Transports.All.Count == (int)transport;
                var (address, next) = isTyped ? await TypedAsync(scheduler) : await admin.ExplainAsync($"default/{scheduler}");
                // Held open, so that those that count connections have something to count.
                var client = await ServingProcess.ConnectAsync(port);
                held.Add(client);
                string name = await client.ReceiveTextAsync(1);

                address.ShouldBe($"127.0.0.1:{port}");
                next.ShouldBe(backends[name[0] - '0'].EndPoint.ToString(), scheduler);
            }
        }

        foreach (var client in held) client.Dispose();
        foreach (var backend in backends) await backend.DisposeAsync();

        async Task<(string? Address, string? NextEndpoint)> TypedAsync(string scheduler)
        {
            var explained = (await proxy.AskAsync("explain", $"default/{scheduler}")).GetProperty("ports")[0].GetProperty("addresses")[0];
            return (explained.GetProperty("address").GetString(), explained.GetProperty("nextEndpoint").GetString());
        }
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Explain_SessionAffinity_NamesTheEndpointOfThePin(TransportKind transport)
    {
        var backends = new List<Backend> { Backend.Named("0"), Backend.Named("1"), Backend.Named("2") };
        var ports = SchedulerNames.All.ToDictionary(name => name, _ => FreePort.Next());
        await using var proxy = await ServingProcess.StartAsync(
            transport, string.Join(
                "\n", ports.Select(
                    service => ServingProcess.ServiceOf(
                        service.Key, service.Value, service.Key, "TCP", "ClientIP", backends.Select(backend => backend.EndPoint)))));
        using var admin = new AdminSocket(proxy.AdminSocket);
        foreach (var (scheduler, port) in ports)
        {
            var reached = new List<string>();
            for (int i = 0; i < 3; i++)
            {
                await Eventually.IsTrue(() => admin.IsIdleAsync($"default/{scheduler}"), "the connections before have ended");
                var (_, explained) = await admin.ExplainAsync($"default/{scheduler}");
                using var client = await ServingProcess.ConnectAsync(port);
                reached.Add(await client.ReceiveTextAsync(1));
                explained.ShouldBe(backends[reached[^1][0] - '0'].EndPoint.ToString(), scheduler);
            }

            reached.Distinct().Count().ShouldBe(1, scheduler);
        }

        foreach (var backend in backends) await backend.DisposeAsync();
    }

    [Theory]
    [InlineData("None")]
    [InlineData("ClientIP")]
    public async Task Explain_Udp_NamesWhatTheNextSessionReaches(string affinity)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "UDP is served on Linux");
        var backends = Enumerable.Range(0, 3).Select(number => DatagramBackend.Named($"{number}", DatagramBackend.OnLoopback())).ToList();
        var ports = SchedulerNames.All.ToDictionary(name => name, _ => FreePort.Next());
        await using var proxy = await ServingProcess.StartAsync(
            TransportKind.Epoll,
            string.Join(
                "\n", ports.Select(
                    service => ServingProcess.ServiceOf(
                        service.Key, service.Value, service.Key, "UDP", affinity, backends.Select(backend => backend.EndPoint)))));
        var held = new List<DatagramClient>();
        using var admin = new AdminSocket(proxy.AdminSocket);
        foreach (var (scheduler, port) in ports)
        {
            for (int i = 0; i < 3; i++)
            {
                var (_, explained) = await admin.ExplainAsync($"default/{scheduler}");
                // A port of its own: a session of its own, which stays.
                var client = DatagramClient.Connect(DatagramBackend.OnLoopback(), System.Net.IPAddress.Loopback, port);
                held.Add(client);
                string name = await client.AskAsync();
                explained.ShouldBe(backends[name[0] - '0'].EndPoint.ToString(), $"{scheduler}, {affinity}");
            }
        }

        foreach (var client in held) client.Dispose();
        foreach (var backend in backends) await backend.DisposeAsync();
    }
}
