using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;

namespace UserProxy.FunctionalTests.Udp;

/// <summary>Many clients at once, and what they leave behind.</summary>
[Collection(nameof(Alone))]
public sealed class CrowdTests
{
    private const int Clients = 5000;

    [Fact]
    public async Task Crowd_HasGone_ItsSessionsAndDescriptorsAreGivenBack()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "UDP ports are served on Linux only");
        var time = new HastenedTime();
        DatagramBackend[] backends = [.. new[] { "one", "two", "three" }.Select(name => DatagramBackend.Named(name, DatagramBackend.OnLoopback()))];
        await using var proxy = await Proxy.StartAsync(TransportKind.Epoll, time, Service.OnFreePort().To(backends));
        using (var first = Connect(proxy)) await first.ShouldGetAsync("one", "two", "three");
        int held = proxy.HeldDescriptors, open = OpenDescriptors;

        int answered = 0;
        var clients = new List<DatagramClient>();
        for (int i = 0; i < Clients; i++)
        {
            clients.Add(Connect(proxy));
            if (await clients[i].AskAsync() != Cluster.Host.Silence) answered++;
        }

        var (mostHeld, mostOpen) = (proxy.HeldDescriptors - held, OpenDescriptors - open - Clients);
        int sessions = proxy.Status.Udp!.Active;
        foreach (var client in clients) client.Dispose();
        // Sessions are idle, then the ports that served them.
        await Eventually.IsTrue(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(61));
                return proxy.HeldDescriptors <= held && proxy.Status.Udp!.Active == 0;
            },
            "descriptors are given back");

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{answered} of {Clients} answered by {sessions} sessions; {mostHeld} descriptors more accounted for, {mostOpen} open; afterwards "
                + $"{OpenDescriptors - open}");
        answered.ShouldBe(Clients);
        sessions.ShouldBeGreaterThanOrEqualTo(Clients);
        mostOpen.ShouldBeLessThan(Clients, "fewer sockets than sessions");
        (OpenDescriptors - open).ShouldBeLessThan(10);
        using (var again = Connect(proxy)) await again.ShouldGetAsync("one", "two", "three");
        foreach (var backend in backends) await backend.DisposeAsync();
    }

    /// <summary>Endpoints flip and every answer ends a session: ports are used again and again, and no answer may go to another client.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task EndpointsFlipUnderManyClients_NobodyGetsTheAnswerOfAnother_AndAllAreServed(int responses)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "UDP ports are served on Linux only");
        const int Flows = 200, Flips = 40;
        DatagramBackend[] backends = [.. new[] { "one", "two", "three" }.Select(name => DatagramBackend.Named(name, DatagramBackend.OnLoopback()))];
        var service = Service.OnFreePort().With(new ServiceSettings { UdpResponses = responses });
        await using var proxy = await Proxy.StartAsync(TransportKind.Epoll, service.To(backends));
        using var stop = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Flows).Select(i => Connect(proxy, 1 + (i * 100_000))).ToList();
        var asking = clients.Select(client => Task.Run(async () =>
        {
            int answered = 0;
            while (!stop.IsCancellationRequested)
            {
                if (await client.TryAskAsync() is "one" or "two" or "three") answered++;
            }

            return answered;
        })).ToList();

        for (int i = 0; i < Flips; i++) await proxy.UpdateAsync(service.To(backends[(i % 3)..]));
        await proxy.UpdateAsync(service.To(backends));
        await stop.CancelAsync();
        int[] answers = await Task.WhenAll(asking);

        int asked = clients.Select((client, i) => client.Asked - (i * 100_000)).Sum();
        TestContext.Current.TestOutputHelper?.WriteLine($"{answers.Sum()} of {asked} answered, {clients.Sum(client => client.Strays)} strays");
        clients.Sum(client => client.Strays).ShouldBe(0);
        foreach (var client in clients)
        {
            await client.ShouldGetAsync("one", "two", "three");
            client.Dispose();
        }

        foreach (var backend in backends) await backend.DisposeAsync();
    }

    private static int OpenDescriptors => Directory.GetFiles("/proc/self/fd").Length;

    private static DatagramClient Connect(Proxy proxy, int firstNumber = 1)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return DatagramClient.Connect(socket, proxy.Address.Address, proxy.Address.Port, firstNumber);
    }
}
