using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using UserProxy.App.Servers.Http;
using UserProxy.FunctionalTests.Support;
using UserProxy.Kubernetes.Tests;
using UserProxy.Linux.PortInspection;
using UserProxy.Syncing;

namespace UserProxy.App.Tests.Servers.Http;

/// <summary>Addresses that cannot be had, and those that are lost. The accept loop is killed as a defect would: its socket is closed behind its back.</summary>
public sealed class RetriedListenerTests : IAsyncLifetime
{
    private static readonly TimeSpan WithinOfRelease = TimeSpan.FromSeconds(2);

    private const int BindFailed = 530, Bound = 531, BindRequired = 536, Died = 537, RequiredDied = 538;

    private readonly IPEndPoint _address = new(IPAddress.Loopback, FreePort.Next());
    private readonly ConcurrentQueue<Socket> _sockets = new();
    private readonly ConcurrentQueue<string> _reported = new();
    private readonly RecordingLogger<RetriedListener> _log = new();
    private readonly HastyTime _time = new();
    private HttpPorts _ports = null!;

    public async ValueTask InitializeAsync() => _ports = await HttpPorts.StartAsync(
        // the holder is of this process
        maxConnections: 16, TimeSpan.FromMinutes(1), TimeProvider.System, Bind,
        network: new NodeNetwork(() => [], new PortOwners(ownPid: 0, name => name) { LongestWalk = Eventually.Patience }.Find));

    public ValueTask DisposeAsync() => _ports.DisposeAsync();

    [Fact]
    public async Task PortIsTaken_IsTriedAgainUntilItIsFree()
    {
        using var squatter = Squat();
        await using var listener = Listener(endProcess: null);

        (await listener.StartAsync()).ShouldBeTrue();
        _log.Lines(BindFailed).ShouldHaveSingleItem().ShouldStartWith($"health checks cannot be answered on {_address}: the port is taken by ");
        _reported.ShouldHaveSingleItem().ShouldEndWith($"(pid {Environment.ProcessId}) at {_address}. End that process, or give one of the two another port");
        squatter.Stop();

        await Eventually.IsTrue(AnswersAsync, "the port is free, and bound");
        await _log.SeenAsync(Bound).WaitAsync(TestContext.Current.CancellationToken);
        _log.Lines(BindFailed).Count().ShouldBe(1, "once, and not at each try");
        _time.Waits.ShouldNotBeEmpty();
        _time.Waits.ShouldAllBe(wait => wait < WithinOfRelease, "whoever releases it is followed in time");
    }

    [Fact]
    public async Task PortIsTaken_HardFail_SaysThatItEnds()
    {
        using var squatter = Squat();
        await using var listener = Listener(endProcess: () => throw new InvalidOperationException("that is the caller's"));

        (await listener.StartAsync()).ShouldBeFalse();

        _log.Lines(BindRequired).ShouldHaveSingleItem().ShouldEndWith("ending, as bindAddressHardFail demands");
        _log.Lines(BindFailed).ShouldBeEmpty("nothing is tried again");
        _reported.Count.ShouldBe(1, "an Event is due all the same");
    }

    [Fact]
    public async Task AcceptLoopDies_IsSaidAndBoundAgain()
    {
        await using var listener = Listener(endProcess: null);
        (await listener.StartAsync()).ShouldBeTrue();
        (await AnswersAsync()).ShouldBeTrue();

        for (int deaths = 1; deaths <= 2; deaths++)
        {
            _sockets.Last().Dispose();
            await Eventually.IsTrue(() => _log.Lines(Bound).Count() == deaths, "it listens again");
            (await AnswersAsync()).ShouldBeTrue();
            _log.Lines(Died).Count().ShouldBe(deaths);
            _reported.Count.ShouldBe(deaths);
        }

        _time.Waits.ShouldAllBe(wait => wait == TimeSpan.FromSeconds(5), "what dies at each client must not take a processor");

        _log.Lines(Died).First().ShouldBe($"the accept loop for health checks on {_address} ended unexpectedly; the port is closed and bound again in 5 s");
    }

    [Fact]
    public async Task AcceptLoopDies_HardFail_GivesUp()
    {
        var gaveUp = new TaskCompletionSource();
        await using var listener = Listener(gaveUp.SetResult);
        (await listener.StartAsync()).ShouldBeTrue();

        _sockets.Single().Dispose();

        await gaveUp.Task.WaitAsync(TestContext.Current.CancellationToken);
        _log.Lines(RequiredDied).ShouldHaveSingleItem().ShouldEndWith("ending, as bindAddressHardFail demands");
        _sockets.Count.ShouldBe(1, "nothing is bound again");
    }

    [Fact]
    public async Task Dispose_IsNoDeath()
    {
        var listener = Listener(endProcess: null);
        (await listener.StartAsync()).ShouldBeTrue();

        await listener.DisposeAsync();

        (await AnswersAsync()).ShouldBeFalse();
        _log.Lines(Died).ShouldBeEmpty();
        _reported.ShouldBeEmpty();
    }

    private RetriedListener Listener(Action? endProcess) =>
        new(_ports, _address, "health checks", AnswerAsync, new OnBindFailure(_reported.Enqueue, endProcess), _log, _time);

    private static Task AnswerAsync(HttpContext context) => context.Response.WriteAsync("here");

    private TcpListener Squat()
    {
        var squatter = new TcpListener(_address) { ExclusiveAddressUse = true };
        squatter.Start();
        return squatter;
    }

    private Socket Bind(EndPoint address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(address);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        _sockets.Enqueue(socket);
        return socket;
    }

    private async Task<bool> AnswersAsync()
    {
        using var http = new HttpClient();
        try
        {
            return await http.GetStringAsync(new Uri($"http://{_address}/"), TestContext.Current.CancellationToken) == "here";
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
