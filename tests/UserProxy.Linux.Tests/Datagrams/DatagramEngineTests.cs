using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.Datagrams;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Udp;

namespace UserProxy.Linux.Tests.Datagrams;

/// <summary>The engine on loopback, from client to Pod and back; what it does for real servers is shown by the functional tests.</summary>
public sealed class DatagramEngineTests
{
    public static TheoryData<string, int> AddressesAndLoops => new MatrixTheoryData<string, int>(["127.0.0.1", "::1", "0.0.0.0", "::"], [1, 2]);

    public static TheoryData<int> Loops => [1, 2];

    [Theory]
    [MemberData(nameof(AddressesAndLoops))]
    public async Task Datagrams_OfAnySize_ComeBackUnchangedFromWhereTheyWereSent(string text, int loops)
    {
        var address = Loopback.Address(text);
        var local = address.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback;
        using var echo = new EchoServer(local);
        await using var run = new EngineRun(loops);
        var listener = await run.ServeAsync(address, echo.EndPoint);
        using var client = Loopback.Open(local);

        foreach (int length in new[] { 0, 1, 1_472, 1_473, 4_097, 9_000, 65_507, 0 })
        {
            byte[] question = Loopback.Payload(length);
            EngineRun.Ask(client, new IPEndPoint(local, listener.Port), question).ShouldBe(question);
        }

        var counters = run.Service.Udp!;
        (run.Service.Counters.Accepted, counters.Active, counters.DatagramsIn, counters.DatagramsOut).ShouldBe((1, 1, 8, 8));
        counters.BytesIn.ShouldBe(counters.BytesOut);
    }

    /// <summary>Clients that connect their socket take an answer from nowhere else.</summary>
    [Theory]
    [MemberData(nameof(Loops))]
    public async Task WildcardListener_AnswersFromTheAddressWrittenTo(int loops)
    {
        using var echo = new EchoServer(IPAddress.Loopback);
        await using var run = new EngineRun(loops);
        var listener = await run.ServeAsync(IPAddress.Any, echo.EndPoint);
        using var client = Loopback.Open(IPAddress.Loopback);

        foreach (string local in new[] { "127.0.0.1", "127.0.0.2", "127.7.7.7", "127.0.0.2" })
            EngineRun.Ask(client, new IPEndPoint(IPAddress.Parse(local), listener.Port), [1, 2, 3]).ShouldBe([1, 2, 3]);

        run.Service.Counters.Accepted.ShouldBe(3, "a session for each local address");
    }

    /// <summary>Each flow has its own endpoint and gets its own answers, on whichever loop it is.</summary>
    [Theory]
    [MemberData(nameof(Loops))]
    public async Task ManyClients_AreSpreadAndGetTheirOwnAnswers(int loops)
    {
        const int Clients = 60;
        using EchoServer one = new(IPAddress.Loopback, mark: 1), two = new(IPAddress.Loopback, mark: 2), three = new(IPAddress.Loopback, mark: 3);
        await using var run = new EngineRun(loops);
        var listener = await run.ServeAsync(IPAddress.Loopback, one.EndPoint, two.EndPoint, three.EndPoint);
        var clients = Enumerable.Range(0, Clients).Select(_ => Loopback.Open(IPAddress.Loopback)).ToList();
        byte[] servedBy = new byte[Clients];

        for (byte round = 0; round < 3; round++)
        {
            for (byte i = 0; i < Clients; i++) clients[i].SendTo([i, round], listener);
            for (byte i = 0; i < Clients; i++)
            {
                byte[] answer = clients[i].Receive().Payload;
                answer[1..].ShouldBe([i, round]);
                if (round == 0) servedBy[i] = answer[0];
                answer[0].ShouldBe(servedBy[i]);
            }
        }

        for (byte mark = 1; mark <= 3; mark++) servedBy.Count(by => by == mark).ShouldBe(Clients / 3);
        run.Service.ReadEndpoints().Select(endpoint => endpoint.ActiveConnections).ShouldBe([Clients / 3, Clients / 3, Clients / 3]);
        (run.Service.Counters.Accepted, run.Service.Udp!.Active).ShouldBe((Clients, Clients));
        // Ports are shared: towards one endpoint there are no more than it has sessions.
        one.Peers.ShouldBe(Clients / 3);
        clients.ForEach(client => client.Dispose());
    }

    /// <summary>Law 2, for a client that keeps its port.</summary>
    [Theory]
    [MemberData(nameof(Loops))]
    public async Task EndpointReplaced_TheFlowGoesToTheNewOne(int loops)
    {
        using EchoServer old = new(IPAddress.Loopback, mark: 1), young = new(IPAddress.Loopback, mark: 2);
        await using var run = new EngineRun(loops);
        var listener = await run.ServeAsync(IPAddress.Loopback, old.EndPoint);
        using var client = Loopback.Open(IPAddress.Loopback);
        EngineRun.Ask(client, listener, [9]).ShouldBe([1, 9]);

        await run.ApplyAsync(EngineRun.Port(listener, young.EndPoint));

        EngineRun.Ask(client, listener, [8]).ShouldBe([2, 8]);
        run.Service.Udp!.Ended(SessionEnd.EndpointLeft).ShouldBe(1);
    }

    /// <summary>Without a datagram that reminds it of them.</summary>
    [Theory]
    [MemberData(nameof(Loops))]
    public async Task EndpointLeaves_SessionsEndByThemselves(int loops)
    {
        using EchoServer stays = new(IPAddress.Loopback), leaves = new(IPAddress.Loopback);
        await using var run = new EngineRun(loops);
        var listener = await run.ServeAsync(IPAddress.Loopback, stays.EndPoint, leaves.EndPoint);
        var clients = Enumerable.Range(0, 20).Select(_ => Loopback.Open(IPAddress.Loopback)).ToList();
        foreach (var client in clients) EngineRun.Ask(client, listener, [1]);

        await run.ApplyAsync(EngineRun.Port(listener, stays.EndPoint));

        SpinWait.SpinUntil(
            () => run.Service.Udp!.Active == 10 && run.Service.Udp!.Ended(SessionEnd.EndpointLeft) == 10, Loopback.Patience).ShouldBeTrue();
        clients.ForEach(client => client.Dispose());
    }

    /// <summary>The kernel says it itself: there is no socket.</summary>
    [Theory]
    [MemberData(nameof(Loops))]
    public async Task NoEndpoint_ClientIsToldThatThePortIsUnreachable(int loops)
    {
        using var echo = new EchoServer(IPAddress.Loopback);
        await using var run = new EngineRun(loops);
        var listener = await run.ServeAsync(IPAddress.Loopback, echo.EndPoint);
        using var client = Loopback.Open(IPAddress.Loopback);
        client.Connect(listener);
        client.Send([1]);
        client.Receive(new byte[9]).ShouldBe(1);

        await run.ApplyAsync(EngineRun.Port(listener));
        // A program that another test starts has a copy of the socket between its fork and its exec.
        SpinWait.SpinUntil(() => IsRefused(client), Loopback.Patience).ShouldBeTrue("the port is still open");
        run.Service.Udp!.Active.ShouldBe(0);

        await run.ApplyAsync(EngineRun.Port(listener, echo.EndPoint));
        client.Send([3]);
        client.Receive(new byte[9]).ShouldBe(1);
    }

    [Theory]
    [InlineData("127.0.0.1", 1)]
    [InlineData("127.0.0.1", 2)]
    [InlineData("::1", 2)]
    public async Task EndpointIsNotThere_CountsAsAFailedDialAndTheNextDatagramGoesElsewhere(string text, int loops)
    {
        var address = Loopback.Address(text);
        using var echo = new EchoServer(address);
        var dead = new IPEndPoint(address, FreePort.Next());
        await using var run = new EngineRun(loops);
        var listener = await run.ServeAsync(address, dead, echo.EndPoint);
        EndpointReading Dead() => run.Service.ReadEndpoints().Single(endpoint => endpoint.Endpoint.Port == dead.Port);

        for (int failures = 1; failures <= 3; failures++)
        {
            // Round robin: one of two flows has the dead one.
            using Socket one = Loopback.Open(address), other = Loopback.Open(address);
            one.SendTo([1], listener);
            other.SendTo([1], listener);
            // Both have been given an endpoint, whichever loop was first.
            var (refused, forwarded) = (failures, (4 * failures) - 2);
            SpinWait.SpinUntil(
                () => Dead().FailedConnects == refused && run.Service.Udp!.DatagramsIn == forwarded, Loopback.Patience).ShouldBeTrue("no refusal was counted");
            one.SendTo([2], listener);
            other.SendTo([2], listener);
            // Each has an answer now, one of them to both of its questions.
            one.Receive().Payload.Length.ShouldBe(1);
            other.Receive().Payload.Length.ShouldBe(1);
        }

        Dead().AsideFor.ShouldNotBeNull();
        (Dead().ActiveConnections, run.Service.Counters.ConnectFailures(ConnectOutcome.Refused)).ShouldBe((0, 3));
        run.Service.Udp!.Ended(SessionEnd.Refused).ShouldBe(3);
    }

    [Theory]
    [MemberData(nameof(Loops))]
    public async Task Responses_One_EachQueryIsASession(int loops)
    {
        using var echo = new EchoServer(IPAddress.Loopback);
        await using var run = new EngineRun(loops);
        var listener = await run.ServeAsync(IPAddress.Loopback, new ServiceSettings { UdpResponses = 1 }, echo.EndPoint);
        using var client = Loopback.Open(IPAddress.Loopback);
        for (int i = 0; i < 20; i++) EngineRun.Ask(client, listener, [1]);

        run.Service.Udp!.Ended(SessionEnd.Responses).ShouldBe(20);
        run.Service.Udp!.Active.ShouldBe(0);
    }

    [Fact]
    public async Task Sessions_OverTheLimit_MakeRoom()
    {
        using var echo = new EchoServer(IPAddress.Loopback);
        await using var run = new EngineRun(1, new SessionLimits(Total: 8, PerListener: 8, PerClient: 8));
        var listener = await run.ServeAsync(IPAddress.Loopback, echo.EndPoint);
        // All are open at once: a port that the kernel gives a second time would be the first one's session.
        var clients = Enumerable.Range(0, 30).Select(_ => Loopback.Open(IPAddress.Loopback)).ToList();
        foreach (var client in clients) EngineRun.Ask(client, listener, [1]);

        (run.Service.Udp!.Active, run.Service.Udp!.Ended(SessionEnd.EvictedClient)).ShouldBe((8, 22));
        foreach (var client in clients) client.Dispose();
    }

    /// <summary>The sockets of a crowd are closed though the last ones of it go on, and opened again for the next.</summary>
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task CrowdLeavesButItsLast_OtherSocketsAreClosedAndOpenedAgain(string text)
    {
        const int Crowd = 40, Left = 4;
        var address = Loopback.Address(text);
        var time = new ShiftedTime();
        using var echo = new EchoServer(address);
        await using var run = new EngineRun(1, time: time);
        var listener = await run.ServeAsync(address, echo.EndPoint);
        long before = run.Proxier.Descriptors.Held;
        var clients = Enumerable.Range(0, Crowd).Select(_ => Loopback.Open(address)).ToList();
        foreach (var client in clients) EngineRun.Ask(client, listener, [1]);
        (run.Proxier.Descriptors.Held - before).ShouldBe(Crowd);

        // The last are never quiet for a minute; first the sessions of the others end, then their sockets have been idle for long enough.
        for (int step = 0; step < 4; step++)
        {
            time.Skip(TimeSpan.FromSeconds(45));
            foreach (var client in clients[^Left..]) EngineRun.Ask(client, listener, [2]);
            if (step == 1) SpinWait.SpinUntil(() => run.Service.Udp!.Active == Left, Loopback.Patience).ShouldBeTrue();
        }

        SpinWait.SpinUntil(() => run.Proxier.Descriptors.Held - before <= Left, Loopback.Patience).ShouldBeTrue();
        (run.Proxier.Descriptors.Held - before).ShouldBe(Left);
        foreach (var client in clients.AsEnumerable().Reverse()) EngineRun.Ask(client, listener, [3]).ShouldBe([3]);
        (run.Proxier.Descriptors.Held - before).ShouldBe(Crowd);
        run.Service.Counters.Accepted.ShouldBe((2 * Crowd) - Left);
        foreach (var client in clients) client.Dispose();
    }

    [Theory]
    [MemberData(nameof(Loops))]
    public async Task Bind_PortIsTaken_IsServedWhenItIsFree(int loops)
    {
        using var echo = new EchoServer(IPAddress.Loopback);
        await using var run = new EngineRun(loops);
        var foreign = Loopback.Open(IPAddress.Loopback);
        var listener = foreign.EndPointOf();
        await run.ApplyAsync(EngineRun.Port(listener, echo.EndPoint));
        run.Service.Listeners[0].ShouldBe(new ListenerReading(run.Service.Listeners[0].Address, ListenerState.Failed, "the port is taken"));

        foreign.Dispose();

        SpinWait.SpinUntil(() => run.Service.Listeners[0].State == ListenerState.Listening, Loopback.Patience).ShouldBeTrue();
        using var client = Loopback.Open(IPAddress.Loopback);
        EngineRun.Ask(client, listener, [5]).ShouldBe([5]);
    }

    /// <summary>Sockets of both kinds are closed and their descriptors given back; a port is free.</summary>
    [Theory]
    [MemberData(nameof(Loops))]
    public async Task Stop_UnderTraffic_EndsAllSessionsAndFreesThePort(int loops)
    {
        using var echo = new EchoServer(IPAddress.Loopback);
        await using var run = new EngineRun(loops);
        int held = run.Proxier.Descriptors.Held;
        var listener = await run.ServeAsync(IPAddress.Loopback, echo.EndPoint);
        var udp = run.Service.Udp!;
        using var stop = new CancellationTokenSource();
        var flood = Enumerable.Range(0, 2).Select(_ => Task.Run(() => Flood(listener, stop.Token))).ToArray();
        SpinWait.SpinUntil(() => udp.DatagramsOut > 500, Loopback.Patience).ShouldBeTrue("there is no traffic");

        await run.StopAsync();

        udp.Active.ShouldBe(0);
        Loopback.ShouldBecomeFree(listener);
        await run.DisposeAsync();
        run.Proxier.Descriptors.Held.ShouldBe(held);
        await stop.CancelAsync();
        await Task.WhenAll(flood).WaitAsync(Loopback.Patience);
    }

    [Fact]
    public async Task Dispose_NeverStarted_IsNothing() => await new DatagramEngine(2).DisposeAsync();

    private static bool IsRefused(Socket client)
    {
        try
        {
            client.Send([2]);
            if (client.Poll(TimeSpan.FromMilliseconds(50), SelectMode.SelectRead)) client.Receive(new byte[9]);
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return true;
        }
    }

    /// <summary>Many flows; answers are not read, and nobody minds that the port is unreachable at the end.</summary>
    private static void Flood(IPEndPoint listener, CancellationToken stop)
    {
        var clients = Enumerable.Range(0, 20).Select(_ => Loopback.Open(IPAddress.Loopback)).ToList();
        for (int i = 0; !stop.IsCancellationRequested; i++)
        {
            try
            {
                clients[i % clients.Count].SendTo([1, 2, 3], listener);
            }
            catch (SocketException)
            {
                // Refused before, or the buffer is full.
            }
        }

        clients.ForEach(client => client.Dispose());
    }
}
