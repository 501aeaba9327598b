using System.Globalization;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.HandOver;

/// <summary>What systemd keeps of a process that has crashed is served by the next one: played-systemd.py keeps it.</summary>
[StartsProgram]
public sealed class SocketStoreTests
{
    /// <summary>Of the two Services of a node: UDP has one for each loop.</summary>
    private const int Sockets = 3;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Clients come while the process does nothing any more, while there is none, and while the next one begins.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Killed_ClientsInItsQueuesAndThoseWhoComeMeanwhile_AreServedByTheNext(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var named = DatagramBackend.Named("pod", DatagramBackend.OnLoopback());
        await using var node = new HandOverNode(echo, named);
        var systemd = PlayedSystemd.Start(node, transport, pause: 1, more: ["--threads", "2"]);
        await systemd.ServesAsync(Sockets);
        await systemd.Run.SaysAsync("systemd: hears READY=1");
        await node.AskOnceAsync();

        await systemd.HoldAsync();
        var early = Enumerable.Range(0, 20).Select(i => AskAsync(node, i)).ToList();
        await Eventually.IsTrue(() => KernelTable.Count(node.Address.Port, TcpSocketState.Established) >= 20, "they wait in the queue");
        await systemd.KillAsync();
        await systemd.Run.SaysAsync($"ended with 9, {Sockets} kept");
        var late = Enumerable.Range(20, 20).Select(i => AskAsync(node, i)).ToList();

        await Task.WhenAll(early.Concat(late));
        await systemd.Run.SaysAsync($"of the sockets that systemd has kept, {Sockets} are served again, and 0 that nobody wants are closed");
        await Eventually.IsTrue(() => systemd.Run.Log.Contains("without start-1-", StringComparison.Ordinal), "the mark of the start is gone");
        systemd.Kept.ShouldBe(Sockets);
        systemd.Starts.ShouldBe(2);
        string metrics = await new HttpClient().GetStringAsync(new Uri($"http://127.0.0.1:{node.MetricsPort}/metrics"), Cancellation);
        metrics.ShouldContain($"userproxy_kept_sockets_adopted {Sockets}");
        metrics.ShouldContain($"userproxy_stored_sockets {Sockets}");
        await EndsAsync(systemd, node);
    }

    /// <summary>
    /// systemctl restart under load: nobody is refused, those who talk have a second to end, and whoever talks on is reset.
    /// </summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Restarted_NobodyIsRefused(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var named = DatagramBackend.Named("pod", DatagramBackend.OnLoopback());
        await using var node = new HandOverNode(echo, named);
        var systemd = PlayedSystemd.Start(node, transport, more: ["--threads", "2", "--drain-timeout", "5m"]);
        await systemd.ServesAsync(Sockets);
        await using var connections = SteadyLoad.OfConnections(node.Address, clients: 4);
        await connections.GoesOnAsync(20);
        using var talking = await Peer.ConnectAsync(node.Address);
        await talking.AskAsync("before");

        await systemd.RestartAsync();

        (await talking.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Reset);
        await Eventually.IsTrue(() => systemd.Starts == 2, "it is started again");
        await systemd.Run.SaysAsync($"of the sockets that systemd has kept, {Sockets} are served again, and 0 that nobody wants are closed");
        long wanted = connections.Done + 20;
        await Eventually.IsTrue(() => connections.Done >= wanted, "clients are served");
        await connections.StopAsync();
        // On a busy machine a second may be over before one that was accepted is served.
        connections.Refused.ShouldBe(0);
        systemd.Run.Log.ShouldContain("SIGUSR2: restarting");
        await node.AskOnceAsync();
        await EndsAsync(systemd, node);
    }

    /// <summary>What is kept of the one before is not that one's to close.</summary>
    [Fact]
    public async Task Restarted_BeforeItServes_WhatIsKeptStays()
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        var systemd = PlayedSystemd.Start(node, TransportKind.Epoll, pause: 0);
        await systemd.ServesAsync(1);
        await systemd.HoldAsync();
        using var waiting = await Peer.ConnectAsync(node.Address);
        await File.WriteAllTextAsync(Path.Combine(node.Folder, "notify.restart"), "", Cancellation);

        await systemd.KillAsync();

        await Eventually.IsTrue(() => systemd.Starts == 3, "it is started again, and again");
        // The second one may have been quick enough to take it, and ends with it then: the third one binds anew.
        await Eventually.IsTrue(() => KernelTable.Count(node.Address.Port, TcpSocketState.Listen) > 0, "the port listens");
        await node.AskOnceAsync();
        bool wasTaken = systemd.Run.Log.Split("UserProxy.App[501]").Length > 3;
        if (!wasTaken) (await waiting.AskAsync("hello")).ShouldBe("hello");
        await EndsAsync(systemd, node);
    }

    /// <summary>The service manager has no room at all.</summary>
    [Fact]
    public async Task Restarted_WithNothingToKeep_IsAStop()
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        var systemd = PlayedSystemd.Start(node, TransportKind.Epoll, most: 0);
        await systemd.Run.SaysAsync("UserProxy.App[501]");

        await systemd.RestartAsync();

        await Eventually.IsTrue(() => systemd.Starts == 2, "it is started again");
        systemd.Run.Log.ShouldContain("SIGUSR2: stopping");
        await Eventually.IsTrue(() => KernelTable.Count(node.Address.Port, TcpSocketState.Listen) == 1, "it serves again");
        await EndsAsync(systemd, node);
    }

    /// <summary>A program that the process starts (nft) would hold the port for as long as it runs.</summary>
    [Fact]
    public async Task Passed_Descriptors_AreClosedOnExec()
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        var systemd = PlayedSystemd.Start(node, TransportKind.Epoll);
        await systemd.ServesAsync(1);
        await systemd.KillAsync();
        await systemd.Run.SaysAsync("1 are served again");

        // Files that it opens for a moment are gone when they are looked at.
        await systemd.HoldAsync();
        foreach (string info in Directory.GetFiles($"/proc/{systemd.Pid}/fdinfo"))
        {
            if (int.Parse(Path.GetFileName(info), CultureInfo.InvariantCulture) < 3) continue;
            string flags = (await File.ReadAllLinesAsync(info, Cancellation)).Single(line => line.StartsWith("flags:", StringComparison.Ordinal));
            (Convert.ToInt64(flags["flags:".Length..].Trim(), 8) & 0x80000).ShouldBe(0x80000, $"{info}: {flags}");
        }

        await systemd.GoOnAsync();

        await EndsAsync(systemd, node);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Killed_WhatTheNextDoesNotServe_IsClosedAndRefuses(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        int other = FreePort.Next();
        node.Declare(ServingProcess.ServiceOf("echo", node.Address.Port, "rr", echo) + ServingProcess.ServiceOf("other", other, "rr", echo));
        var systemd = PlayedSystemd.Start(node, transport, pause: 1);
        await systemd.ServesAsync(2);
        await systemd.HoldAsync();
        node.Declare(ServingProcess.ServiceOf("echo", node.Address.Port, "rr", echo));
        using var waiting = await Peer.ConnectAsync(new(node.Address.Address, other));

        await systemd.KillAsync();

        await systemd.Run.SaysAsync("1 are served again, and 1 that nobody wants are closed");
        (await waiting.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Reset);
        await Eventually.IsTrue(() => systemd.Kept == 1, "systemd has closed it, too");
        KernelTable.Count(other, TcpSocketState.Listen).ShouldBe(0);
        await node.AskOnceAsync();
        await EndsAsync(systemd, node);
    }

    /// <summary>While it runs: a Service that goes, and one that comes.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Changes_OfServices_AreFollowed(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        var systemd = PlayedSystemd.Start(node, transport);
        await systemd.ServesAsync(1);
        int other = FreePort.Next();

        node.Declare(ServingProcess.ServiceOf("other", other, "rr", echo));

        await Eventually.IsTrue(() => KernelTable.Count(node.Address.Port, TcpSocketState.Listen) == 0, "the port of the first is closed for all");
        await Eventually.IsTrue(
            () => systemd.Kept == 1 && KernelTable.Count(other, TcpSocketState.Listen) == 1 && systemd.Run.Log.Contains("keeps 0", StringComparison.Ordinal),
            "the second is kept");
        await EndsAsync(systemd, node);
    }

    /// <summary>Processes that crash at each start: their queue is a trap for clients, so that it is closed by the sixth.</summary>
    [Fact]
    public async Task Killed_BeforeItTakesClients_AgainAndAgain_WhatIsKeptIsClosed()
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        var systemd = PlayedSystemd.Start(node, TransportKind.Epoll);
        await systemd.ServesAsync(1);
        await systemd.HoldAsync();
        using var waiting = await Peer.ConnectAsync(node.Address);
        // Reading it takes longer than being killed.
        node.Declare(string.Concat(Enumerable.Repeat("# Nothing is declared here, in many words.\n", 50_000)));
        string crash = Path.Combine(node.Folder, "notify.crash");
        await File.WriteAllTextAsync(crash, "", Cancellation);

        await systemd.KillAsync();

        await systemd.Run.SaysAsync("1 sockets that systemd has kept are closed");
        File.Delete(crash);
        systemd.Run.Log.ShouldContain("5 processes in a row have ended without taking a client");
        systemd.Run.Log[..systemd.Run.Log.IndexOf("are closed", StringComparison.Ordinal)].ShouldContain("with start-5-");
        (await waiting.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Reset);
        await Eventually.IsTrue(() => systemd.Kept == 0, "systemd keeps nothing");
        (await Should.ThrowAsync<SocketException>(() => Peer.ConnectAsync(node.Address))).SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);
        await systemd.Run.Process.SignalAsync("TERM");
    }

    [Fact]
    public async Task Full_TheRestIsNotKept_AndSaid()
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        node.Declare(more: 5);
        var systemd = PlayedSystemd.Start(node, TransportKind.Epoll, most: 4);
        await systemd.ServesAsync(3);
        await systemd.Run.SaysAsync("systemd keeps 3 sockets and no more (FileDescriptorStoreMax), of 6");
        await EndsAsync(systemd, node);
    }

    /// <summary>One that hands over has nothing kept any more: the sockets are the other one's.</summary>
    [Fact]
    public async Task HandOver_ToAnotherUnit_ItsStoreIsEmptied()
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        var systemd = PlayedSystemd.Start(node, TransportKind.Epoll);
        await systemd.ServesAsync(1);

        var next = node.Start(TransportKind.Epoll);
        await next.TookOverAsync();

        await Eventually.IsTrue(() => systemd.Kept == 0, "its store is empty");
        await systemd.Run.EndsWellAsync();
        await node.AskOnceAsync();
    }

    private static async Task AskAsync(HandOverNode node, int number)
    {
        using var client = await Peer.ConnectAsync(node.Address);
        string question = string.Create(CultureInfo.InvariantCulture, $"question {number}");
        var datagrams = DatagramClient.Connect(
            new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp), node.DatagramAddress.Address, node.DatagramAddress.Port,
            firstNumber: 1 + (number * 1000));
        var answer = datagrams.AskAsync(Eventually.Patience);
        (await client.AskAsync(question)).ShouldBe(question);
        (await answer).ShouldBe("pod");
    }

    /// <summary>An orderly end: nothing is kept, and the port refuses.</summary>
    private static async Task EndsAsync(PlayedSystemd systemd, HandOverNode node)
    {
        await systemd.Run.Process.SignalAsync("TERM");
        await systemd.Run.EndsWellAsync();
        systemd.Run.Log.ShouldContain("systemd: hears STOPPING=1");
        systemd.Run.Log.ShouldContain("ended with 0, 0 kept");
        KernelTable.Count(node.Address.Port, TcpSocketState.Listen).ShouldBe(0);
    }
}
