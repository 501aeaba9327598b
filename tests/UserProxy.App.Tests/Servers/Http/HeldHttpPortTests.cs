using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.App.Servers.Health;
using UserProxy.App.Servers.Http;
using UserProxy.FunctionalTests.Support;
using UserProxy.Kubernetes.Tests;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;
using UserProxy.Reading;
using UserProxy.Syncing;

namespace UserProxy.App.Tests.Servers.Http;

/// <summary>Health checks and metrics on all addresses of the node, while somebody else has their port on one.</summary>
public sealed class HeldHttpPortTests : IAsyncLifetime
{
    private const int Failed = 530, Bound = 531, HealthCheckBound = 533, Spread = 544;

    private static readonly IPAddress Held4 = IPAddress.Parse("127.0.43.9"), Other4 = IPAddress.Parse("127.0.43.10"), Held6 = IPAddress.Parse("fd00:43::9");

    /// <summary>The holder is of this process, as the server is: nothing is taken for ours.</summary>
    private static readonly PortOwners Owners = new(ownPid: 0, name => name) { LongestWalk = Eventually.Patience };

    private readonly int _port = FreePort.Next();
    private readonly ConcurrentQueue<string> _reported = new();
    private readonly RecordingLogger<RetriedListener> _log = new();
    private readonly PortIssues _issues = new();
    private HttpPorts _ports = null!;

    public async ValueTask InitializeAsync() => _ports = await HttpPorts.StartAsync(
        maxConnections: 16, TimeSpan.FromMinutes(1), TimeProvider.System,
        network: new NodeNetwork(() => [IPAddress.Loopback, IPAddress.IPv6Loopback], Owners.Find));

    public ValueTask DisposeAsync() => _ports.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task HeldAtOneAddress_IsAnsweredOnTheOthersAndThenOnAll(bool six)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SO_REUSEPORT and sock_diag are Linux's");
        using var holder = Hold(six ? Held6 : Held4);
        await using var listener = Listener(six ? IPAddress.IPv6Any : IPAddress.Any, endProcess: null);

        (await listener.StartAsync()).ShouldBeTrue();

        var loopback = six ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        (await AnswersAsync(loopback)).ShouldBeTrue();
        _log.Lines(Spread).ShouldHaveSingleItem().ShouldContain($"(pid {Environment.ProcessId}) at {holder.LocalEndPoint}");
        _reported.Count.ShouldBe(1);
        _issues.Now.ShouldHaveSingleItem().Message.ShouldBe(_reported.Single());

        holder.Dispose();
        await Eventually.IsTrue(() => _log.Lines(Bound).Any(), "it is one socket again");
        _issues.Now.ShouldBeEmpty();
        (await AnswersAsync(loopback)).ShouldBeTrue();
        if (!six) (await AnswersAsync(Held4)).ShouldBeTrue();
        SocketsAt(six ? IPAddress.IPv6Any : IPAddress.Any).ShouldBe(2, "the node has its own queue again");
    }

    /// <summary>Two at each wildcard, of which the second is the node's own; both go, and the port can be had again at once.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Wildcard_HasAQueueForTheNode(bool six)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SO_ATTACH_REUSEPORT_CBPF and sock_diag are Linux's");
        var (any, loopback) = six ? (IPAddress.IPv6Any, IPAddress.IPv6Loopback) : (IPAddress.Any, IPAddress.Loopback);
        for (int round = 0; round < 2; round++)
        {
            var listener = Listener(any, endProcess: () => throw new InvalidOperationException("nobody has it"));
            (await listener.StartAsync()).ShouldBeTrue();
            SocketsAt(any).ShouldBe(2);
            (await AnswersAsync(loopback)).ShouldBeTrue();

            // Nobody else joins the two.
            Should.Throw<SocketException>(() => Hold(any).Dispose()).SocketErrorCode.ShouldBe(SocketError.AddressAlreadyInUse);
            await listener.DisposeAsync();
            // A process that another test is starting has them for a moment, too.
            await Eventually.IsTrue(() => SocketsAt(any) == 0, "both are gone");
        }

        await using var atLoopback = Listener(loopback, endProcess: () => throw new InvalidOperationException("nobody has it"));
        (await atLoopback.StartAsync()).ShouldBeTrue();
        SocketsAt(loopback).ShouldBe(1, "nobody from elsewhere comes there");
    }

    [Fact]
    public async Task HeldAtOneAddress_ByAnother_IsToldAnew()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SO_REUSEPORT and sock_diag are Linux's");
        using var first = Hold(Held4);
        await using var listener = Listener(IPAddress.Any, endProcess: null);
        (await listener.StartAsync()).ShouldBeTrue();

        using var second = Hold(Other4);
        first.Dispose();

        await Eventually.IsTrue(() => _reported.Last().EndsWith($"at {second.LocalEndPoint}", StringComparison.Ordinal), "the new holder is told alone");
        _issues.Now.ShouldHaveSingleItem().Message.ShouldBe(_reported.Last());
        _log.Lines(Spread).Count().ShouldBe(_reported.Count);
    }

    [Fact]
    public async Task HeldOnAllAddresses_ByAnother_IsToldAnew()
    {
        var first = Hold(IPAddress.Any);
        await using var listener = Listener(IPAddress.Any, endProcess: null, new HastyTime());
        (await listener.StartAsync()).ShouldBeTrue();
        _log.Lines(Failed).ShouldHaveSingleItem();

        // Joins the first, so that the port is never free.
        using var second = Hold(IPAddress.Any, first);
        first.Dispose();

        // The line in the log comes first.
        await Eventually.IsTrue(() => _log.Lines(Failed).Count() > 1 && _reported.Count > 1, "the new holder is told");
        _issues.Now.ShouldHaveSingleItem().Message.ShouldBe(_reported.Last());
    }

    [Fact]
    public async Task HeldAtOneAddress_HardFail_IsAFailure()
    {
        using var holder = Hold(Held4);
        await using var listener = Listener(IPAddress.Any, endProcess: () => throw new InvalidOperationException("that is the caller's"));

        (await listener.StartAsync()).ShouldBeFalse();
    }

    [Fact]
    public async Task HealthCheckNodePort_HeldAtOneAddress_IsAnsweredOnTheOthersAndThenOnAll()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SO_REUSEPORT and sock_diag are Linux's");
        using var holder = Hold(Held4);
        await using var checks = new ServiceHealthChecks(
            _ports, Health(), (_, why) => _reported.Enqueue(why), NullLogger.Instance, TimeProvider.System, _issues);

        checks.Update(new ServiceTable(1, []) { HealthChecks = [new HealthCheckPort("shop", "web", _port, [IPAddress.Any], 1)] });
        await Eventually.IsTrue(() => AnswersAsync(IPAddress.Loopback), "the others are answered");
        await Eventually.IsTrue(() => !_reported.IsEmpty, "it is reported");
        _reported.Single().ShouldContain($"at {holder.LocalEndPoint}");
        _issues.Now.ShouldHaveSingleItem().ShouldBe(
            new TableIssue("Service shop/web", ServiceHealthChecks.BindFailedReason, $"healthCheckNodePort {_port}: {_reported.Single()}"));

        using var second = Hold(Other4);
        holder.Dispose();
        await Eventually.IsTrue(() => _reported.Last().EndsWith($"at {second.LocalEndPoint}", StringComparison.Ordinal), "the new holder is told alone");
        second.Dispose();
        await Eventually.IsTrue(() => AnswersAsync(Held4), "all are answered");
        await Eventually.IsTrue(() => !_issues.Now.Any(), "nothing is wrong any more");
    }

    /// <summary>Each family is another address: nobody who asks at one is refused for what is with the other.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task HealthCheckNodePort_OneFamilyIsHeld_TheOtherIsAnswered(bool six)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Socket.OSSupportsIPv6, "sock_diag is Linux's");
        using var holder = Hold(six ? IPAddress.IPv6Any : IPAddress.Any);
        var time = new HastyTime();
        var log = new RecordingLogger<ServiceHealthChecks>();
        await using var checks = new ServiceHealthChecks(_ports, Health(), (_, why) => _reported.Enqueue(why), log, time, _issues);

        checks.Update(Both());
        await Eventually.IsTrue(() => AnswersAsync(six ? IPAddress.Loopback : IPAddress.IPv6Loopback), "the other family is answered");
        await Eventually.IsTrue(() => !_reported.IsEmpty, "it is reported");
        _reported.Single().ShouldBe(
            $"answered on the other addresses of the node only: the port is taken by {ProcessName()} (pid {Environment.ProcessId}) at {holder.LocalEndPoint}");
        _issues.Now.ShouldHaveSingleItem().Message.ShouldEndWith(_reported.Single());

        holder.Dispose();
        await Eventually.IsTrue(() => AnswersAsync(six ? IPAddress.IPv6Loopback : IPAddress.Loopback), "both are answered");
        await Eventually.IsTrue(() => !_issues.Now.Any(), "nothing is wrong any more");
        await log.SeenAsync(HealthCheckBound).WaitAsync(TestContext.Current.CancellationToken);
        _reported.Count(why => why.Contains($"(pid {Environment.ProcessId})", StringComparison.Ordinal)).ShouldBe(1, "once, and not at each try");
        // A program that another test starts has the closed socket from fork to exec: it keeps us from the port, and nobody can be named.
        _reported.Count.ShouldBeLessThanOrEqualTo(2);
        time.Waits.ShouldAllBe(wait => wait < TimeSpan.FromSeconds(2), "whoever releases it is followed in time");
    }

    [Fact]
    public async Task HealthCheckNodePort_HeldInBothFamilies_IsNotWholeWithTheFirst()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Socket.OSSupportsIPv6, "SO_REUSEPORT and sock_diag are Linux's");
        using var four = Hold(Held4);
        using var six = Hold(Held6);
        string atFour = $"at {four.LocalEndPoint}", atSix = $"at {six.LocalEndPoint}";
        await using var checks = new ServiceHealthChecks(
            _ports, Health(), (_, why) => _reported.Enqueue(why), NullLogger.Instance, TimeProvider.System, _issues);
        checks.Update(Both());
        await Eventually.IsTrue(() => !_reported.IsEmpty, "it is reported");
        _reported.Last().ShouldContain(atFour);
        _reported.Last().ShouldContain(atSix);

        four.Dispose();

        await Eventually.IsTrue(() => !_reported.Last().Contains(atFour, StringComparison.Ordinal), "one is whole");
        _issues.Now.ShouldHaveSingleItem().Message.ShouldContain(atSix);
        six.Dispose();
        await Eventually.IsTrue(() => !_issues.Now.Any(), "nothing is wrong any more");
    }

    [Fact]
    public async Task HealthCheckNodePort_HeldOnAllAddresses_ByAnother_IsToldAnew()
    {
        var first = Hold(IPAddress.Any);
        await using var checks = new ServiceHealthChecks(_ports, Health(), (_, why) => _reported.Enqueue(why), NullLogger.Instance, new HastyTime(), _issues);
        checks.Update(new ServiceTable(1, []) { HealthChecks = [new HealthCheckPort("shop", "web", _port, [IPAddress.Any], 1)] });
        await Eventually.IsTrue(() => _reported.Count == 1, "it is reported");

        using var second = Hold(IPAddress.Any, first);
        first.Dispose();

        await Eventually.IsTrue(() => _reported.Count > 1, "the new holder is told");
        second.Dispose();
        await Eventually.IsTrue(() => AnswersAsync(IPAddress.Loopback), "it is answered");
        await Eventually.IsTrue(() => !_issues.Now.Any(), "nothing is wrong any more");
    }

    private ServiceTable Both() =>
        new(1, []) { HealthChecks = [new HealthCheckPort("shop", "web", _port, [IPAddress.Any, IPAddress.IPv6Any], 1)] };

    private static NodeHealth Health() =>
        new(() => new SyncFacts(null, null, DateTimeOffset.UnixEpoch), () => 0, () => new OwnNode("node-1"), nodeMustBeKnown: false, TimeProvider.System);

    private static string ProcessName() => File.ReadAllText("/proc/self/comm").TrimEnd('\n');

    private RetriedListener Listener(IPAddress address, Action? endProcess, TimeProvider? time = null)
    {
        var failure = new OnBindFailure(_reported.Enqueue, endProcess) { SetIssue = (at, why) => _issues.Set("Node node-1", "Failed", $"{at}", why) };
        return new(
            _ports, new IPEndPoint(address, _port), "health checks", context =>
                context.Response.WriteAsync("here"), failure, _log, time ?? TimeProvider.System);
    }

    /// <param name="address">Where.</param>
    /// <param name="beside">One that has the port, too (SO_REUSEPORT of asm-generic/socket.h).</param>
    private Socket Hold(IPAddress address, Socket? beside = null)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        foreach (var each in beside is null ? [] : (Socket[])[beside, socket]) each.SetRawSocketOption(1, 15, BitConverter.GetBytes(1));
        // IPV6_FREEBIND of linux/in6.h: nobody has the address.
        if (address.AddressFamily == AddressFamily.InterNetworkV6) socket.SetRawSocketOption(41, 78, BitConverter.GetBytes(1));
        socket.Bind(new IPEndPoint(address, _port));
        socket.Listen();
        return socket;
    }

    private int SocketsAt(IPAddress address) =>
        Owners.Find(new HashSet<(TransportProtocol, int)> { (TransportProtocol.Tcp, _port) }, withOwners: false).Count(
            socket => socket.ConnectedTo is null && socket.Local.Address.Equals(address));

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
