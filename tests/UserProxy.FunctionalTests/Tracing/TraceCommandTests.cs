using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using UserProxy.App.Servers.Admin;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Tracing;

namespace UserProxy.FunctionalTests.Tracing;

/// <summary><c>userproxy trace</c> beside a running proxy: what it prints, how it ends, and what is left of it.</summary>
[StartsProgram]
public sealed partial class TraceCommandTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task OneConnection_IsToldFromItsArrivalToItsEnd(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        int port = FreePort.Next();
        await using var proxy = await ServingProcess.StartAsync(transport, ServingProcess.ServiceOf("web", port, "lc", echo));
        await using var json = await TracingProcess.StartAsync(proxy, "default/web:80", "--count", "1", "-o", "json");
        await using var text = await TracingProcess.StartAsync(proxy, "127.0.0.1", "--count", "1");
        string client;
        using (var peer = await ServingProcess.ConnectAsync(port))
        {
            client = $"{peer.Socket.LocalEndPoint}";
            await peer.AskAsync("hello");
            peer.FinishSending();
            await peer.ReceiveToEndAsync();
        }

        (await json.ExitCodeAsync(), await text.ExitCodeAsync()).ShouldBe((0, 0));

        json.Records.ShouldAllBe(record => record.GetProperty("apiVersion").GetString() == "userproxy.io/v1");
        json.Records.Select(record => record.GetProperty("event").GetString()).ShouldBe(
            ["started", "arrival", "decision", "dial", "firstByte", "firstByte", "end"]);
        json.Records.Skip(1).Select(record => record.GetProperty("connection").GetProperty("client").GetString()).Distinct().ShouldBe([client]);
        var dial = json.Records[3];
        dial.GetProperty("dial").GetProperty("endpoint").GetString().ShouldBe($"{echo.EndPoint}");
        string local = dial.GetProperty("dial").GetProperty("local").GetString()!;
        dial.GetProperty("filters").GetProperty("endpoint").GetProperty("tcpdump").GetString().ShouldBe(
            $"tcp and host 127.0.0.1 and port {local.Split(':')[1]} and port {echo.EndPoint.Port}");
        var end = json.Records[6].GetProperty("end");
        (end.GetProperty("reason").GetString(), end.GetProperty("bytesIn").GetInt64(), end.GetProperty("bytesOut").GetInt64()).ShouldBe(("client_fin", 5, 5));
        end.GetProperty("endpointLeg").GetProperty("rttSeconds").GetDouble().ShouldBeGreaterThan(0);
        json.Error.ShouldContain("following new connections to node-1, default/web:80");
        json.Error.ShouldContain("1 connection in ");

        foreach (string part in new[]
        {
            $"default/web at NodePort 127.0.0.1:{port}", $"client {client}", "external policy Cluster; scheduler lc: ",
            $"dial 1: {echo.EndPoint} connected in ", "Pod side, tcpdump and Wireshark:", "first byte to the endpoint", "first byte to the client",
            "end: client_fin; 5 bytes in, 5 out", "Pod leg    rtt ",
        })
            text.Out.ShouldContain(part);
    }

    [Fact]
    public async Task WhatCannotBeFollowed_IsSaidWithItsExitCode()
    {
        await using var echo = Backend.Echo();
        await using var proxy = await ServingProcess.StartAsync(TransportKind.Sockets, ServingProcess.ServiceOf("web", FreePort.Next(), "rr", echo));

        var unknown = await proxy.RunAsync("trace", "default/wbe");
        (unknown.Code, unknown.Out).ShouldBe((1, ""));
        unknown.Error.ShouldContain("default/wbe is not served on this node");
        (await proxy.RunAsync("trace", "wbe")).Error.ShouldContain("did you mean web?");
        (await proxy.RunAsync("trace", "default/web:81")).Error.ShouldContain("default/web has no port 81; it has 80");
        foreach (string bad in new[] { "a/b/c", "[::1]:0", "127.0.0.1:http", "10.0.0.0/8:80" }) (await proxy.RunAsync("trace", bad)).Code.ShouldBe(64, bad);
        (await proxy.RunAsync("trace", "--count", "0")).Code.ShouldBe(64);
        (await proxy.RunAsync("trace", "--seconds", "soon")).Code.ShouldBe(64);
        (await ServingProcess.RunOnAsync(Path.Combine(proxy.Folder, "none.sock"), "trace")).Code.ShouldBe(69);

        var quiet = await proxy.RunAsync("trace", "web", "-n", "default", "--seconds", "0.2");
        (quiet.Code, quiet.Out).ShouldBe((1, ""));
        quiet.Error.ShouldContain("no new connection came to default/web");
        quiet.Error.ShouldContain("userproxy verify default/web --from-node");
    }

    [Fact]
    public async Task TimeIsUp_SaysWhatIsStillOpen()
    {
        await using var echo = Backend.Echo();
        int port = FreePort.Next();
        await using var proxy = await ServingProcess.StartAsync(TransportKind.Sockets, ServingProcess.ServiceOf("web", port, "rr", echo));
        await using var trace = await TracingProcess.StartAsync(proxy, "--seconds", "10", "--no-filters");
        using var client = await ServingProcess.ConnectAsync(port);
        await client.AskAsync("hello");

        (await trace.ExitCodeAsync()).ShouldBe(0);
        trace.Error.ShouldContain("1 connection, 1 of them still open in ");
        trace.Out.ShouldNotContain("tcpdump");
    }

    [Fact]
    public async Task Interrupted_EndsWithASummary()
    {
        await using var echo = Backend.Echo();
        await using var proxy = await ServingProcess.StartAsync(TransportKind.Sockets, ServingProcess.ServiceOf("web", FreePort.Next(), "rr", echo));
        await using var trace = await TracingProcess.StartAsync(proxy);

        await trace.SignalAsync("INT");

        (await trace.ExitCodeAsync()).ShouldBe(0);
        trace.Error.ShouldContain("0 connections in ");
    }

    /// <summary>As with <c>| head</c>, once it has its lines.</summary>
    [Theory]
    [InlineData("trace")]
    [InlineData("trace -o json")]
    [InlineData("list --watch")]
    public async Task ReaderOfThePipeIsGone_Ends(string command)
    {
        Tool.SkipUnlessInstalled("bash");
        await using var echo = Backend.Echo();
        await using var proxy = await ServingProcess.StartAsync(TransportKind.Sockets, ServingProcess.ServiceOf("web", FreePort.Next(), "rr", echo));

        string code = await Tool.RunAsync(
            "bash", "-c", $"{TestedProgram.Path} {command} --admin-socket {proxy.AdminSocket} 2>/dev/null | true; echo ${{PIPESTATUS[0]}}");

        code.Trim().ShouldBe("0");
    }

    /// <summary>The pipe is full and nobody reads on, as behind a pager: what is printed waits for good.</summary>
    [Theory]
    [InlineData("trace -o json", "TERM")]
    [InlineData("list --watch", "TERM")]
    [InlineData("list --watch", "HUP")]
    public async Task OutputIsBlocked_ASignalEndsIt(string command, string signal)
    {
        Tool.SkipUnlessInstalled("bash", "mkfifo", "timeout", "awk");
        await using var echo = Backend.Echo();
        await using var proxy = await ServingProcess.StartAsync(TransportKind.Sockets, ServingProcess.ServiceOf("web", FreePort.Next(), "rr", echo));
        string full = Path.Combine(proxy.Folder, "full");

        // The shell has the pipe open for both, so that it has a reader. Before the program listens to SIGTERM (bit 14) a signal would just end it. What starts
        // the tests in the background may have them ignore SIGHUP.
        string script = $$"""
            mkfifo {{full}}
            exec 3<>{{full}}
            timeout 1 cat /dev/zero >&3
            env --default-signal=HUP,TERM {{TestedProgram.Path}} {{command}} --admin-socket {{proxy.AdminSocket}} >&3 2>/dev/null &
            until (( 0x$(awk '/^SigCgt/ { print $2 }' /proc/$!/status) >> 14 & 1 )); do sleep 0.1; done
            sleep 1
            kill -{{signal}} $!
            wait $!
            echo $?
            """;
        string code = await Tool.RunAsync("bash", "-c", script);

        code.Trim().ShouldBe("0");
    }

    [Fact]
    public async Task ProxyEnds_IsSaid()
    {
        await using var echo = Backend.Echo();
        await using var proxy = await ServingProcess.StartAsync(TransportKind.Sockets, ServingProcess.ServiceOf("web", FreePort.Next(), "rr", echo));
        await using var trace = await TracingProcess.StartAsync(proxy);

        await proxy.Process.SignalAsync("TERM");

        (await trace.ExitCodeAsync()).ShouldBe(69);
        trace.Error.ShouldContain("the proxy has ended the trace");
    }

    /// <summary>A connection has come, and nobody knows how it ended.</summary>
    [Fact]
    public async Task ProxyIsKilled_WhileOneOfTheCountIsOpen_IsSaid()
    {
        await using var echo = Backend.Echo();
        int port = FreePort.Next();
        await using var proxy = await ServingProcess.StartAsync(TransportKind.Sockets, ServingProcess.ServiceOf("web", port, "rr", echo));
        await using var trace = await TracingProcess.StartAsync(proxy, "--count", "1");
        using var client = await ServingProcess.ConnectAsync(port);
        await client.AskAsync("hello");
        await trace.HasAsync("first byte to the client");

        await proxy.Process.SignalAsync("KILL");

        (await trace.ExitCodeAsync()).ShouldBe(69);
        trace.Error.ShouldContain("1 connection, 1 of them still open in ");
    }

    /// <summary>As many as there may be are killed: their places are free again, although nothing came that could have been told to them.</summary>
    [Fact]
    public async Task ReadersDie_NothingIsLeftOfThem()
    {
        await using var echo = Backend.Echo();
        await using var proxy = await ServingProcess.StartAsync(TransportKind.Sockets, ServingProcess.ServiceOf("web", FreePort.Next(), "rr", echo));
        var readers = new List<TracingProcess>();
        for (int i = 0; i < TraceFeed.MostReaders; i++) readers.Add(await TracingProcess.StartAsync(proxy));
        var refused = await proxy.RunAsync("trace");
        (refused.Code, refused.Error.Trim()).ShouldBe((1, "4 traces run already, which is the most: end one of them"));

        foreach (var reader in readers) await reader.SignalAsync("KILL");

        for (int i = 0; i < TraceFeed.MostReaders; i++) readers.Add(await TracingProcess.StartWhenThereIsRoomAsync(proxy));
        foreach (var reader in readers) await reader.DisposeAsync();
    }

    /// <summary>A trace is the oldest of those who ask, and does not give way to who opens many connections.</summary>
    [Fact]
    public async Task ManyOpenTheAdminSocket_TheTraceGoesOn()
    {
        await using var echo = Backend.Echo();
        int port = FreePort.Next();
        await using var proxy = await ServingProcess.StartAsync(TransportKind.Epoll, ServingProcess.ServiceOf("web", port, "rr", echo));
        await using var trace = await TracingProcess.StartAsync(proxy, "--count", "1");
        var silent = Enumerable.Range(0, 3 * AdminServer.MaxConnections)
            .Select(_ => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)).ToList();
        foreach (var socket in silent) await socket.ConnectAsync(new UnixDomainSocketEndPoint(proxy.AdminSocket), TestContext.Current.CancellationToken);
        // Answered behind them in the queue.
        (await proxy.RunAsync("list")).Code.ShouldBe(0);

        using (var client = await ServingProcess.ConnectAsync(port))
        {
            await client.AskAsync("hello");
            client.FinishSending();
            await client.ReceiveToEndAsync();
        }

        (await trace.ExitCodeAsync()).ShouldBe(0, trace.Error);
        foreach (var socket in silent) socket.Dispose();
    }

    /// <summary>Whoever stops reading its socket is not waited for: connections are served, and what it has missed is counted when it reads on.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ReaderStopsReading_TrafficGoesOnAndTheLossIsSaid(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        int port = FreePort.Next();
        await using var proxy = await ServingProcess.StartAsync(transport, ServingProcess.ServiceOf("web", port, "rr", echo));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(proxy.AdminSocket), TestContext.Current.CancellationToken);
        await socket.SendAsync("GET /v1/trace HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        byte[] buffer = new byte[1 << 20];
        (await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken)).ShouldBeGreaterThan(0);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            for (int i = 0; i < 200; i++)
            {
                using var client = await ServingProcess.ConnectAsync(port);
                (await client.AskAsync("hello")).ShouldBe("hello");
                client.FinishSending();
                await client.ReceiveToEndAsync();
            }
        }));

        var text = new StringBuilder();
        Match line;
        while (!(line = LostLine().Match(ChunkBorder().Replace(text.ToString(), ""))).Success)
        {
            using var deadline = new CancellationTokenSource(Eventually.Patience);
            int received = await socket.ReceiveAsync(buffer, deadline.Token);
            received.ShouldBeGreaterThan(0);
            text.Append(Encoding.UTF8.GetString(buffer, 0, received));
        }

        using var lost = JsonDocument.Parse(line.Value);
        lost.RootElement.GetProperty("count").GetInt64().ShouldBeInRange(1, 24_000);
    }

    /// <summary>The proxy stands still while a client connects: the kernel knows since when it waits.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ClientHasWaitedInTheQueue_ForHowLong(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        int port = FreePort.Next();
        await using var proxy = await ServingProcess.StartAsync(transport, ServingProcess.ServiceOf("web", port, "rr", echo));
        await using var trace = await TracingProcess.StartAsync(proxy, "default/web", "--count", "1", "-o", "json");
        await StoppedProcess.HoldAsync(proxy.Process.Id);
        long began = TimeProvider.System.GetTimestamp();
        using var client = await ServingProcess.ConnectAsync(port);
        await client.SendAsync("hello");
        await Task.Delay(TimeSpan.FromMilliseconds(500), TestContext.Current.CancellationToken);
        await StoppedProcess.GoOnAsync(proxy.Process.Id);
        await client.ReceiveTextAsync(5);
        double most = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        await trace.HasAsync("arrival");

        trace.Records.Single(record => record.GetProperty("event").GetString() == "arrival").GetProperty("queuedSeconds").GetDouble().ShouldBeInRange(
            0.45, most + 0.5);
    }

    /// <summary>What is printed to capture the Pod's side of a connection captures it, and no other of those to the same Pod.</summary>
    [Fact]
    public async Task PodSideFilter_CapturesExactlyThatConnection()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "a capture needs root");
        Tool.SkipUnlessInstalled("tcpdump");
        await using var echo = Backend.Echo();
        int port = FreePort.Next();
        await using var proxy = await ServingProcess.StartAsync(TransportKind.Epoll, ServingProcess.ServiceOf("web", port, "rr", echo));
        await using var trace = await TracingProcess.StartAsync(proxy, "default/web", "--count", "1", "-o", "json");
        using var client = await ServingProcess.ConnectAsync(port);
        await trace.HasAsync("\"dial\"");
        var dialled = trace.Records.First(record => record.TryGetProperty("dial", out _));
        var filter = dialled.GetProperty("filters").GetProperty("endpoint");
        string local = dialled.GetProperty("dial").GetProperty("local").GetString()!;
        using var folder = new TempFile();
        string file = Path.ChangeExtension(folder.Path, "pcap"), all = Path.ChangeExtension(folder.Path, "all.pcap");
        await using var capture = Capture(file, filter.GetProperty("tcpdump").GetString()!);
        await using var captureAll = Capture(all, $"tcp port {echo.EndPoint.Port}");
        // tcpdump creates the file when it captures.
        await Eventually.IsTrue(() => File.Exists(file) && File.Exists(all), "tcpdump captures");

        const int asked = 20;
        for (int i = 0; i < asked; i++)
        {
            await client.AskAsync("hello");
            using var other = await ServingProcess.ConnectAsync(port);
            await other.AskAsync("others");
        }

        client.FinishSending();
        await client.ReceiveToEndAsync();
        (await trace.ExitCodeAsync()).ShouldBe(0);
        await Eventually.IsTrue(async () => (await PacketsAsync(file, "tcp[tcpflags] & tcp-fin != 0")).Count == 2, "both FINs are captured");
        await capture.SignalAsync("INT");
        await captureAll.SignalAsync("INT");
        await capture.ExitCodeAsync();
        await captureAll.ExitCodeAsync();

        var packets = await PacketsAsync(file, "");
        string there = $"{Dotted(local)} > {Dotted($"{echo.EndPoint}")}", back = $"{Dotted($"{echo.EndPoint}")} > {Dotted(local)}";
        packets.ShouldAllBe(packet => packet.Contains(there, StringComparison.Ordinal) || packet.Contains(back, StringComparison.Ordinal));
        packets.Count(packet => packet.Contains("length 5", StringComparison.Ordinal)).ShouldBe(2 * asked);
        var allPackets = await PacketsAsync(all, "");
        allPackets.Count.ShouldBeGreaterThan(packets.Count);
        if (Tool.FirstMissing("tshark") is null)
        {
            string shown = await Tool.RunAsync("tshark", "-r", all, "-Y", filter.GetProperty("wireshark").GetString()!);
            shown.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(packets.Count);
        }

        static Tool Capture(string file, string filter) => Tool.Start("tcpdump", ["-i", "lo", "-n", "-U", "-w", file, filter]);

        static string Dotted(string endpoint) => endpoint.Replace(':', '.');

        static async Task<IReadOnlyList<string>> PacketsAsync(string file, string filter) =>
            (await Tool.RunAsync("tcpdump", ["-r", file, "-nn", filter])).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Whole.</summary>
    [GeneratedRegex("{[^\n]*\"event\":\"(lost|skipped)\"[^\n]*}\n")]
    private static partial Regex LostLine();

    /// <summary>Of a chunked answer (RFC 9112, 7.1); it may be in the middle of a line.</summary>
    [GeneratedRegex("\r\n[0-9a-f]+\r\n")]
    private static partial Regex ChunkBorder();
}
