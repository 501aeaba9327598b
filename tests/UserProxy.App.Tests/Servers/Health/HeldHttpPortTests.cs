using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.Servers.Health;
using UserProxy.FunctionalTests.Support;
using UserProxy.Kubernetes.Tests;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;
using UserProxy.Reading;
using UserProxy.Syncing;

namespace UserProxy.App.Tests.Servers.Health;

/// <summary>Health checks and metrics on all addresses of the node, while somebody else has their port on one.</summary>
public sealed class HeldHttpPortTests : IAsyncLifetime
{
    private const int Bound = 531, Spread = 544;

    private static readonly IPAddress Held4 = IPAddress.Parse("127.0.43.9"), Held6 = IPAddress.Parse("fd00:43::9");

    private readonly int _port = Manifests.FreePort();
    private readonly ConcurrentQueue<string> _reported = new();
    private readonly RecordingLogger<RetriedListener> _log = new();
    private HttpPorts _ports = null!;

    // The holder is of this process, as the server is: nothing is taken for ours.
    public async ValueTask InitializeAsync() => _ports = await HttpPorts.StartAsync(
        maxConnections: 16, TimeSpan.FromMinutes(1), TimeProvider.System, network: new NodeNetwork(() => [IPAddress.Loopback, IPAddress.IPv6Loopback], new PortOwners(ownPid: 0, name => name).Find));

    public ValueTask DisposeAsync() => _ports.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task HeldAtOneAddress_IsAnsweredOnTheOthersAndThenOnAll(bool six)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SO_REUSEPORT and sock_diag are Linux's");
        using var holder = Hold(six ? Held6 : Held4);
        await using var listener = Listener(six ? IPAddress.IPv6Any : IPAddress.Any, giveUp: null);

        (await listener.StartAsync()).ShouldBeTrue();

        var loopback = six ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        (await AnswersAsync(loopback)).ShouldBeTrue();
        _log.Lines(Spread).ShouldHaveSingleItem().ShouldContain($"(pid {Environment.ProcessId}) at {holder.LocalEndPoint}");
        _reported.Count.ShouldBe(1);

        holder.Dispose();
        await Eventually.IsTrue(() => _log.Lines(Bound).Any(), "it is one socket again");
        (await AnswersAsync(loopback)).ShouldBeTrue();
        if (!six) (await AnswersAsync(Held4)).ShouldBeTrue();
    }

    [Fact]
    public async Task HeldAtOneAddress_HardFail_IsAFailure()
    {
        using var holder = Hold(Held4);
        await using var listener = Listener(IPAddress.Any, giveUp: () => throw new InvalidOperationException("that is the caller's"));

        (await listener.StartAsync()).ShouldBeFalse();
    }

    [Fact]
    public async Task HealthCheckNodePort_HeldAtOneAddress_IsAnsweredOnTheOthersAndThenOnAll()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SO_REUSEPORT and sock_diag are Linux's");
        using var holder = Hold(Held4);
        var health = new NodeHealth(() => new SyncFacts(null, null, DateTimeOffset.UnixEpoch), () => 0, () => new OwnNode("node-1"), nodeMustBeKnown: false, TimeProvider.System);
        await using var checks = new ServiceHealthChecks(_ports, health, (_, why) => _reported.Enqueue(why), NullLogger.Instance, TimeProvider.System);

        checks.Update(new ServiceTable(1, []) { HealthChecks = [new HealthCheckPort("shop", "web", _port, [IPAddress.Any], 1)] });
        await Eventually.IsTrue(() => AnswersAsync(IPAddress.Loopback), "the others are answered");
        await Eventually.IsTrue(() => !_reported.IsEmpty, "it is reported");
        _reported.Single().ShouldContain($"at {holder.LocalEndPoint}");

        holder.Dispose();
        await Eventually.IsTrue(() => AnswersAsync(Held4), "all are answered");
    }

    private RetriedListener Listener(IPAddress address, Action? giveUp) => new(
        _ports, new IPEndPoint(address, _port), "health checks", context => context.Response.WriteAsync("here"), new BindFailure(_reported.Enqueue, giveUp), _log, TimeProvider.System);

    private Socket Hold(IPAddress address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        // IPV6_FREEBIND of linux/in6.h: nobody has the address.
        if (address.AddressFamily == AddressFamily.InterNetworkV6) socket.SetRawSocketOption(41, 78, BitConverter.GetBytes(1));
        socket.Bind(new IPEndPoint(address, _port));
        socket.Listen();
        return socket;
    }

    private async Task<bool> AnswersAsync(IPAddress address)
    {
        using var http = new HttpClient();
        try
        {
            using var response = await http.GetAsync(new Uri($"http://{new IPEndPoint(address, _port)}/"), TestContext.Current.CancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
