using System.Net.Sockets;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.HandOver;

/// <summary>One process after the other serves a node: nobody who comes, talks or asks meanwhile is to notice.</summary>
[StartsProgram]
public sealed class HandOverTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Rows { get; } = new(
        from row in new[]
        {
            "Sockets/2 Sockets/2 Sockets/2", "Epoll/2 Epoll/2 Epoll/2", "Uring/2 Uring/2 Uring/2",
            // Sessions of UDP begin anew with another number of loops.
            "Sockets/2 Epoll/3 Uring/1 Sockets/2 Uring/2 Epoll/1 Sockets/3",
        }
        let missing = Row(row).Select(each => Transports.WhyNot(each.Transport)).FirstOrDefault(why => why is not null)
        select new TheoryDataRow<string>(row) { Skip = missing });

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task HandOvers_UnderLoad_NobodyIsRefusedResetOrLeftWithoutAnswer(string transports)
    {
        var row = Row(transports);
        await using var echo = Backend.Echo();
        await using var named = DatagramBackend.Named("pod", DatagramBackend.OnLoopback());
        await using var node = new HandOverNode(echo, named);
        // Longer than a busy machine takes for the whole row: the first one's connections are to end by themselves.
        var runs = new List<HandOverRun> { node.Start(row[0].Transport, "--threads", row[0].Threads, "--drain-timeout", "30m") };
        await runs[0].ServesAsync();
        var open = new List<Peer>();
        for (int i = 0; i < 20; i++) open.Add(await Peer.ConnectAsync(node.Address));
        foreach (var client in open) await client.AskAsync("before");
        await using var connections = SteadyLoad.OfConnections(node.Address, clients: 4);
        await using var datagrams = SteadyLoad.OfDatagrams(node.DatagramAddress, "pod", clients: 4);
        await using var health = SteadyLoad.OfRequests(new Uri($"http://127.0.0.1:{node.HealthPort}/healthz"));
        await using var metrics = SteadyLoad.OfRequests(new Uri($"http://127.0.0.1:{node.MetricsPort}/metrics"));
        SteadyLoad[] load = [connections, datagrams, health, metrics];

        foreach (var (transport, threads) in row[1..])
        {
            await Task.WhenAll(load.Select(each => each.GoesOnAsync(20)));
            var next = node.Start(transport, "--threads", threads);
            await next.TookOverAsync();
            await Task.WhenAll(load.Select(each => each.GoesOnAsync(20)));
            foreach (var client in open) (await client.AskAsync("still")).ShouldBe("still");
            runs.Add(next);
        }

        foreach (var run in runs[1..^1]) await run.EndsWellAsync();
        runs[0].Process.HasExited.ShouldBeFalse("its connections go on");
        foreach (var client in open)
        {
            client.FinishSending();
            (await client.ReceiveToEndAsync()).End.ShouldBe(StreamEnd.Fin);
        }

        await runs[0].EndsWellAsync();
        foreach (var each in load) await each.StopAsync();
        connections.Failures.ShouldBeEmpty();
        datagrams.Failures.ShouldBeEmpty();
        health.Failures.ShouldBeEmpty();
        metrics.Failures.ShouldBeEmpty();
    }

    /// <summary>Many in a row under more load, with its figures; for a machine that does nothing else.</summary>
    [Theory(Explicit = true)]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task HandOvers_Twenty_WithFigures(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var named = DatagramBackend.Named("pod", DatagramBackend.OnLoopback());
        await using var node = new HandOverNode(echo, named);
        var run = node.Start(transport, "--threads", "2", "--drain-timeout", "2s");
        await run.ServesAsync();
        await using var connections = SteadyLoad.OfConnections(node.Address, clients: 16, isFlatOut: true);
        await using var datagrams = SteadyLoad.OfDatagrams(node.DatagramAddress, "pod", clients: 16, isFlatOut: true);
        await Task.WhenAll(connections.GoesOnAsync(4000), datagrams.GoesOnAsync(4000));
        var without = (connections.LongestGap, datagrams.LongestGap);
        (long connectionsBefore, long datagramsBefore, long startedAt) = (connections.Done, datagrams.Done, TimeProvider.System.GetTimestamp());
        connections.ForgetGaps();
        datagrams.ForgetGaps();

        for (int i = 0; i < 20; i++)
        {
            var next = node.Start(transport, "--threads", "2", "--drain-timeout", "2s");
            await next.TookOverAsync();
            await run.EndsWellAsync();
            run = next;
        }

        double seconds = TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds;
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{transport}: 20 hand-overs in {seconds:0} s, {(connections.Done - connectionsBefore) / seconds:0} connections/s, "
                + $"{(datagrams.Done - datagramsBefore) / seconds:0} questions/s; longest gap {connections.LongestGap.TotalMilliseconds:0.0} ms (without: "
                + $"{without.Item1.TotalMilliseconds:0.0}), of UDP {datagrams.LongestGap.TotalMilliseconds:0.0} ms (without: "
                + $"{without.Item2.TotalMilliseconds:0.0})"));
        connections.Failures.ShouldBeEmpty();
        datagrams.Failures.ShouldBeEmpty();
    }

    /// <summary>Flows go on where they were, from the port that the endpoint knows; what it answers late comes to whom it belongs.</summary>
    [Fact]
    public async Task HandOver_DatagramFlows_GoOnToTheSameEndpoint()
    {
        const int clients = 24;
        await using var echo = Backend.Echo();
        using var gate = new ManualResetEventSlim();
        await using var one = DatagramBackend.Named("one", DatagramBackend.OnLoopback());
        await using var other = DatagramBackend.Named("other", DatagramBackend.OnLoopback());
        await using var late = DatagramBackend.Late("late", DatagramBackend.OnLoopback(), gate);
        await using var node = new HandOverNode(echo, one, other);
        await using var lateNode = new HandOverNode(echo, late);
        HandOverRun[] first = [node.Start(TransportKind.Epoll), lateNode.Start(TransportKind.Epoll)];
        foreach (var run in first) await run.ServesAsync();
        var flows = Enumerable.Range(0, clients).Select(_ => Ask(node)).ToList();
        var before = new List<string>();
        foreach (var flow in flows) before.Add(await flow.AskAsync());
        before.Distinct().Count().ShouldBe(2);
        one.TakeSources();
        foreach (var flow in flows) await flow.AskAsync();
        var sources = one.TakeSources();
        using var waiting = Ask(lateNode);
        string question = await waiting.SendQuestionAsync();
        await Eventually.IsTrue(() => late.Received == 1, "the question has come");

        HandOverRun[] second = [node.Start(TransportKind.Epoll), lateNode.Start(TransportKind.Epoll)];
        foreach (var run in second) await run.TookOverAsync();
        gate.Set();

        (await waiting.ReceiveAsync(Cancellation)).ShouldBe(("late", question));
        var after = new List<string>();
        foreach (var flow in flows) after.Add(await flow.AskAsync());
        after.ShouldBe(before);
        one.TakeSources().SetEquals(sources).ShouldBeTrue("from the same ports");
        foreach (var run in first) await run.EndsWellAsync();
        foreach (var flow in flows) flow.Dispose();
    }

    /// <summary>A client keeps its endpoint, and what Prometheus scrapes never falls.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task HandOver_PinsAndCounters_GoOn(TransportKind transport)
    {
        const int clients = 20, others = 3;
        await using var one = Backend.Named("one");
        await using var other = Backend.Named("two");
        await using var node = new HandOverNode(one);
        node.Declare(ServingProcess.ServiceOf("pinned", node.Address.Port, "rr", "TCP", "ClientIP", [one.EndPoint, other.EndPoint]));
        var first = node.Start(transport);
        await first.ServesAsync();
        string[] before = await AskAllAsync(clients);
        before.Distinct().Count().ShouldBe(2);
        Scrape? then = null;
        await Eventually.IsTrue(
            async () => (then = await Scrape.OfAsync(node.MetricsPort)).Sum("userproxy_connections_closed_total") is clients, "all have ended");

        var second = node.Start(transport);
        await second.TookOverAsync();

        Scrape? now = null;
        await Eventually.IsTrue(
            async () => (now = await Scrape.OfAsync(node.MetricsPort)).Sum("userproxy_connections_total") >= clients, "it knows what was counted");
        foreach (var (sample, value) in then!.Samples.Where(each => IsCounterOfServices(each.Key)))
            now!.Samples[sample].ShouldBeGreaterThanOrEqualTo(value, sample);
        (await AskAllAsync(clients)).ShouldBe(before);
        await AskAllAsync(clients + others);
        await Eventually.IsTrue(
            async () => (await Scrape.OfAsync(node.MetricsPort)).Sum("userproxy_connections_total") is (3 * clients) + others, "they are counted on");
        await first.EndsWellAsync();

        async Task<string[]> AskAllAsync(int count)
        {
            string[] names = new string[count];
            for (int i = 0; i < count; i++)
            {
                using var client = await Peer.ConnectAsync(node.Address, System.Net.IPAddress.Parse($"127.0.1.{i + 1}"));
                names[i] = await client.ReceiveTextAsync(3);
            }

            return names;
        }
    }

    /// <summary>The very same sockets: what waits in their queues is not lost.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task HandOver_SocketsAreTheSame_AndTheAdminSocketAnswers(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        int check = FreePort.Next();
        node.Declare(ServingProcess.ServiceOf("echo", node.Address.Port, "rr", echo) + Checked(FreePort.Next(), check));
        var first = node.Start(transport);
        await first.ServesAsync();
        int[] ports = [node.Address.Port, node.HealthPort, node.MetricsPort, check];
        foreach (int port in ports) await Eventually.IsTrue(() => KernelTable.Count(port, TcpSocketState.Listen) == 1, $"{port} listens");
        string[] before = [.. ports.Select(KernelTable.Inode)];

        var second = node.Start(transport);
        await second.TookOverAsync();

        await first.EndsWellAsync();
        ports.Select(KernelTable.Inode).ShouldBe(before);
        await node.AskOnceAsync();
        using var admin = new AdminSocket(node.AdminSocket);
        (await admin.StatusAsync()).ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Object);
        await second.Process.SignalAsync("TERM");
        await second.EndsWellAsync();
        File.Exists(node.AdminSocket).ShouldBeFalse();
        File.Exists(node.TakeoverSocket).ShouldBeFalse();
    }

    /// <summary>A Service that came while nobody looked is bound, one that went is closed, and the rest is taken over.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task HandOver_AnotherTable_OnlyWhatIsDeclaredListens(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        node.Declare(more: 300);
        var first = node.Start(transport);
        await first.ServesAsync();
        node.Declare(more: 3);

        var second = node.Start(transport);
        await second.TookOverAsync();
        await first.EndsWellAsync();

        await node.AskOnceAsync();
        using var admin = new AdminSocket(node.AdminSocket);
        await Eventually.IsTrue(() => ListenersOf(second.Process.Id) == 4 + 2, "4 Services and 2 servers listen");
        (await admin.StatusAsync()).ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Object);
    }

    /// <summary>Where it ends by itself it is started again, and would take over in turn.</summary>
    [Fact]
    public async Task HandOver_InAPod_TheFirstWaitsForItsSignal()
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        var first = node.StartBehind(["env", "KUBERNETES_SERVICE_HOST=192.0.2.1"], TransportKind.Epoll);
        await first.ServesAsync();
        var second = node.Start(TransportKind.Epoll);
        await second.TookOverAsync();

        await first.SaysAsync("UserProxy.App[585]");
        first.Process.HasExited.ShouldBeFalse();
        await first.Process.SignalAsync("TERM");
        await first.EndsWellAsync();
        await node.AskOnceAsync();
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Sigkill_WhileItIsHandedOver_OneServesOrTheNextDoes(bool killsFirst, bool killsSecond)
    {
        await using var echo = Backend.Echo();
        await using var node = new HandOverNode(echo);
        node.Declare(more: 300);
        var first = node.Start(TransportKind.Epoll);
        await first.ServesAsync();
        var second = node.Start(TransportKind.Epoll);
        await second.SaysAsync("UserProxy.App[570]");

        if (killsFirst) await first.Process.SignalAsync("KILL");
        if (killsSecond) await second.Process.SignalAsync("KILL");
        if (killsFirst && killsSecond) second = node.Start(TransportKind.Epoll);

        await Eventually.IsTrue(async () => await CanAskAsync(node), "somebody serves");
        var third = node.Start(TransportKind.Epoll, "--takeover", "wait");
        await third.TookOverAsync();
        await node.AskOnceAsync();
    }

    private static string Checked(int nodePort, int check) => $$$"""
        apiVersion: v1
        kind: Service
        metadata: {name: checked, namespace: default}
        spec: {type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: {{{check}}}, ports: [{name: t, port: 80, nodePort: {{{nodePort}}}}]}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: checked-1, namespace: default, labels: {kubernetes.io/service-name: checked}}
        addressType: IPv4
        ports: [{name: t, port: 1}]
        endpoints: [{addresses: ["127.0.0.1"], nodeName: node-1}]
        ---

        """;

    /// <summary>Of Services: those of the process begin anew.</summary>
    private static bool IsCounterOfServices(string sample) =>
        sample.Contains("service=", StringComparison.Ordinal)
        && (sample.Contains("_total", StringComparison.Ordinal) || sample.Contains("_bucket", StringComparison.Ordinal)
            || sample.Contains("_count", StringComparison.Ordinal) || sample.Contains("_sum", StringComparison.Ordinal));

    private static DatagramClient Ask(HandOverNode node) => DatagramClient.Connect(
        new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp), node.DatagramAddress.Address, node.DatagramAddress.Port);

    private static List<(TransportKind Transport, string Threads)> Row(string row) =>
        [.. row.Split(' ').Select(word => word.Split('/')).Select(parts => (Enum.Parse<TransportKind>(parts[0]), parts[1]))];

    private static async Task<bool> CanAskAsync(HandOverNode node)
    {
        try
        {
            await node.AskOnceAsync();
            return true;
        }
        catch (Exception e) when (e is SocketException or EndOfStreamException)
        {
            return false;
        }
    }

    /// <summary>TCP sockets in LISTEN that the process has open.</summary>
    private static int ListenersOf(int pid)
    {
        var own = Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd").Select(each => new FileInfo(each).LinkTarget).ToHashSet();
        return File.ReadLines($"/proc/{pid}/net/tcp").Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Count(columns => columns[3] == "0A" && own.Contains($"socket:[{columns[9]}]"));
    }
}
