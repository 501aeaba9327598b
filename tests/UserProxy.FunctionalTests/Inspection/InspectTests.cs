using System.Globalization;
using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using static UserProxy.FunctionalTests.Inspection.Placeholder;

namespace UserProxy.FunctionalTests.Inspection;

/// <summary>Who really handles a port, asked of the executable about other programs and the kernel, in network namespaces.</summary>
[StartsProgram]
public sealed class InspectTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task UserProxy_IsHandled(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        await using var proxy = RunningProxy.Start(transport, echo, TimeSpan.Zero);
        await proxy.ListensAsync();

        var inspected = await Inspected.OfServedAsync(null, proxy.Port.ToString(CultureInfo.InvariantCulture));

        (inspected.Verdict, inspected.ExitCode).ShouldBe(("handled", 0));
        inspected.Owners.ShouldBe(["userproxy"]);
        inspected.Probe("127.0.0.1").GetProperty("owners")[0].GetProperty("pid").GetInt32().ShouldBe(proxy.Process.Id);
        await Eventually.IsTrue(() => echo.Finished == echo.Accepted, "the test connection has gone through to its end");
    }

    [Fact]
    public async Task UserProxy_WhoseBackendRefuses_AndThatIsNotAsked_IsNotSaidToServe()
    {
        await using var refusing = Backend.Refusing();
        await using var proxy = RunningProxy.Start(TransportKind.Epoll, refusing, TimeSpan.Zero);
        await proxy.ListensAsync();

        // It resets the connection as soon as no backend answers, mostly before the connection is left: on a busy machine later.
        var inspected = await Inspected.RunAsync(null, proxy.Port.ToString(CultureInfo.InvariantCulture));

        (inspected.Verdict, inspected.ExitCode).ShouldBeOneOf(("unknown", 2), ("handled", 0));
        inspected.Words.ShouldContain("was not asked");
    }

    [Fact]
    public async Task Nginx_IsHandled_AndStopped_IsNot()
    {
        await using var link = await TestLink.CreateAsync();
        await using var nginx = await Nginx.StartAsync(link.Node, Port);

        var inspected = await Inspected.OfServedAsync(link.Node, PortText);

        (inspected.Verdict, inspected.ExitCode).ShouldBe(("handled", 0));
        inspected.Owners.ShouldContain("nginx");
        inspected.Probe("127.0.0.1").GetProperty("accepted").GetBoolean().ShouldBeTrue();
        inspected.Probe(link.Node.Four.ToString()).GetProperty("accepted").GetBoolean().ShouldBeTrue();
        inspected.Probe("127.0.0.1").GetProperty("closedAfterFin").GetBoolean().ShouldBeTrue();

        // An accept loop that hangs, seen from outside.
        using var client = await ConnectAsync(link.Node);
        await Eventually.IsTrue(
            async () => (await Inspected.RunAsync(link.Node, PortText, "--no-probe")).Count("ESTABLISHED", owned: true) == 1, "nginx has accepted the client");
        await nginx.SignalAsync("STOP");
        var stopped = await Inspected.RunAsync(link.Node, PortText);
        await nginx.SignalAsync("CONT");

        (stopped.Verdict, stopped.ExitCode).ShouldBe(("placeholder", 1));
        stopped.Words.ShouldContain("its accept loop is stalled or stopped rather than missing");
    }

    [Fact]
    public async Task ListenWithoutAccept_IsAPlaceholder_BeforeAndAfter160Clients()
    {
        await using var link = await TestLink.CreateAsync();
        using var holder = Hold(link.Node);

        var before = await Inspected.RunAsync(link.Node, PortText);

        (before.Verdict, before.ExitCode).ShouldBe(("placeholder", 1));
        int places = 2 * before.Tries; // the two test connections
        before.Listener.GetProperty("acceptQueueBefore").GetInt32().ShouldBe(places - 2);
        before.Listener.GetProperty("acceptQueue").GetInt32().ShouldBe(places);
        before.Count("CLOSE_WAIT", owned: false).ShouldBe(0);
        before.Listener.GetProperty("owners")[0].GetProperty("pid").GetInt32().ShouldBe(Environment.ProcessId);

        await LeaveManyAsync(link.Node, 160);
        var after = await Inspected.RunAsync(link.Node, PortText);

        (after.Verdict, after.ExitCode).ShouldBe(("placeholder", 1));
        (after.Listener.GetProperty("acceptQueue").GetInt32(), after.Listener.GetProperty("backlog").GetInt32()).ShouldBe((129, 128));
        after.Count("CLOSE_WAIT", owned: false).ShouldBe(129 - places); // the first tests, which were reset, have theirs
        after.Count("CLOSE_WAIT", owned: true).ShouldBe(0);
        after.Probe("127.0.0.1").GetProperty("outcome").GetString().ShouldBe("noAnswer");
        after.Json.GetProperty("counters").GetProperty("listenOverflows").GetInt64().ShouldBeGreaterThanOrEqualTo(31);
        after.Words.ShouldContain("129/128");

        var looked = await Inspected.RunAsync(link.Node, PortText, "--no-probe");
        (looked.Verdict, looked.ExitCode).ShouldBe(("placeholder", 1));
    }

    [Fact]
    public async Task ListenWithoutAccept_NeverTested_HasTheSignatureOfTheOutage()
    {
        await using var link = await TestLink.CreateAsync();
        using var holder = Hold(link.Node);
        await LeaveManyAsync(link.Node, 160);

        var inspected = await Inspected.RunAsync(link.Node, PortText, "--no-probe");

        (inspected.Verdict, inspected.ExitCode).ShouldBe(("placeholder", 1));
        inspected.Count("CLOSE_WAIT", owned: false).ShouldBe(129);
        inspected.Words.ShouldContain("129 in CLOSE_WAIT, with 32508 unread bytes"); // 251 bytes and a FIN each
    }

    [Fact]
    public async Task NftNodePort_IsTheKernels()
    {
        await using var link = await TestLink.CreateAsync();
        await using var pod = Backend.RunOn(link.Client.Listen(link.Client.Four, 8080), Backend.EchoAsync);
        await link.Node.NftAsync("add table ip nat");
        await link.Node.NftAsync("add chain ip nat out { type nat hook output priority -100 ; }");
        await link.Node.NftAsync($"add rule ip nat out fib daddr type local tcp dport {Port} dnat to {link.Client.Four}:8080");

        await ShouldBeKernelAsync(link, link.Node.Four.ToString());

        // As an old kube-proxy leaves it: the port is held, the rules take it.
        using var holder = Hold(link.Node);
        await ShouldBeKernelAsync(link, link.Node.Four.ToString(), "--address", link.Node.Four.ToString());
    }

    [Fact]
    public async Task IptablesNodePort_IsTheKernels()
    {
        Tool.SkipUnlessInstalled("iptables");
        await using var link = await TestLink.CreateAsync();
        await using var pod = Backend.RunOn(link.Client.Listen(link.Client.Four, 8080), Backend.EchoAsync);
        await Tool.RunAsync(
            "ip", "netns", "exec", link.Node.Name, "iptables", "-t", "nat", "-A", "OUTPUT", "-m", "addrtype", "--dst-type", "LOCAL", "-p", "tcp", "--dport",
            PortText, "-j", "DNAT", "--to-destination",
            $"{link.Client.Four}:8080");

        await ShouldBeKernelAsync(link, link.Node.Four.ToString());
    }

    [Fact]
    public async Task ClusterIPOfNat_IsTheKernels_AndNotAnotherHosts()
    {
        await using var link = await TestLink.CreateAsync();
        await using var pod = Backend.RunOn(link.Client.Listen(link.Client.Four, 8080), Backend.EchoAsync);
        await link.Node.IpAsync($"route add 10.96.0.0/12 via {link.Client.Four}");
        await link.Node.NftAsync("add table ip nat");
        await link.Node.NftAsync("add chain ip nat out { type nat hook output priority -100 ; }");
        await link.Node.NftAsync($"add rule ip nat out ip daddr 10.96.0.1 tcp dport {Port} dnat to {link.Client.Four}:8080");

        await ShouldBeKernelAsync(link, "10.96.0.1", "--address", "10.96.0.1");

        var other = await Inspected.RunAsync(link.Node, "8080", "--address", link.Client.Four.ToString());
        (other.Verdict, other.ExitCode).ShouldBe(("unknown", 2));
    }

    [Fact]
    public async Task RedirectToAnotherPort_IsTheKernels_AndNamesTheProcess()
    {
        await using var link = await TestLink.CreateAsync();
        await using var server = Backend.RunOn(link.Node.Listen(IPAddress.Loopback, 8080), Backend.EchoAsync);
        await link.Node.NftAsync("add table ip nat");
        await link.Node.NftAsync("add chain ip nat out { type nat hook output priority -100 ; }");
        await link.Node.NftAsync($"add rule ip nat out tcp dport {Port} redirect to :8080");

        var inspected = await Inspected.RunAsync(link.Node, PortText, "--address", "127.0.0.1");

        (inspected.Verdict, inspected.ExitCode).ShouldBe(("kernel", 2));
        inspected.Words.ShouldContain($"127.0.0.1:8080 of this node by NAT");
        inspected.Words.ShouldContain($"(pid {Environment.ProcessId})");
    }

    [Fact]
    public async Task OtherConnectionsFromTheSameLocalPort_AreNotTakenForTheTestConnection()
    {
        await using var link = await TestLink.CreateAsync();
        await Tool.RunAsync("ip", "netns", "exec", link.Node.Name, "sh", "-c", "echo 40000 40003 > /proc/sys/net/ipv4/ip_local_port_range");
        await using var other = Backend.RunOn(link.Node.Listen(IPAddress.Loopback, 8080), Backend.EchoAsync);
        await using var server = Backend.RunOn(link.Node.Listen(IPAddress.Loopback, Port), Backend.EchoAsync);
        var clients = new List<Socket>();
        // Whichever port the test connection gets, it is that of another connection too.
        for (int i = 0; i < 4; i++) clients.Add(await ConnectAsync(link.Node, 8080));

        var inspected = await Inspected.OfServedAsync(link.Node, PortText);

        foreach (var client in clients) client.Dispose();
        (inspected.Verdict, inspected.ExitCode).ShouldBe(("handled", 0));
        inspected.Probe("127.0.0.1").GetProperty("natTo").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        inspected.Words.ShouldContain("A test connection to 127.0.0.1:30080 was accepted by");
    }

    [Fact]
    public async Task DropRule_IsFiltered_WithAndWithoutAListener()
    {
        await using var link = await TestLink.CreateAsync();
        await link.Node.NftAsync("add table inet f");
        await link.Node.NftAsync("add chain inet f in { type filter hook input priority 0 ; }");
        await link.Node.NftAsync($"add rule inet f in tcp dport {Port} drop");

        var nobody = await Inspected.RunAsync(link.Node, PortText);
        await using var server = Backend.RunOn(link.Node.Listen(IPAddress.Any, Port), Backend.EchoAsync);
        var listened = await Inspected.RunAsync(link.Node, PortText);

        (nobody.Verdict, nobody.ExitCode).ShouldBe(("filtered", 2));
        (listened.Verdict, listened.ExitCode).ShouldBe(("filtered", 2));
        listened.Words.ShouldContain("its queue has room: a rule or a socket filter drops it");
        listened.Json.GetProperty("rules").EnumerateArray().Select(rule => rule.GetProperty("text").GetString()).ShouldContain($"tcp dport {Port} drop");
    }

    [Fact]
    public async Task RejectRule_InFrontOfAListener_IsNone()
    {
        await using var link = await TestLink.CreateAsync();
        await using var server = Backend.RunOn(link.Node.Listen(IPAddress.Any, Port), Backend.EchoAsync);
        await link.Node.NftAsync("add table inet f");
        await link.Node.NftAsync("add chain inet f in { type filter hook input priority 0 ; }");
        await link.Node.NftAsync($"add rule inet f in tcp dport {Port} reject with tcp reset");

        var inspected = await Inspected.RunAsync(link.Node, PortText);

        (inspected.Verdict, inspected.ExitCode).ShouldBe(("none", 2));
        inspected.Words.ShouldContain("a rule rejects it");
    }

    [Fact]
    public async Task Nothing_IsNone()
    {
        await using var link = await TestLink.CreateAsync();

        var inspected = await Inspected.RunAsync(link.Node, PortText);

        (inspected.Verdict, inspected.ExitCode).ShouldBe(("none", 2));
        inspected.Json.GetProperty("certain").GetBoolean().ShouldBeTrue();
        foreach (string address in new[] { "127.0.0.1", "::1", link.Node.Four.ToString(), link.Node.Six.ToString() })
            inspected.Probe(address).GetProperty("outcome").GetString().ShouldBe("refused");
    }

    [Fact]
    public async Task AcceptsAndNeverReads_IsHandled_WithARemark()
    {
        await using var link = await TestLink.CreateAsync();
        var held = new TaskCompletionSource();
        await using var server = Backend.RunOn(link.Node.Listen(IPAddress.Any, Port), _ => held.Task);
        using var client = await ConnectAsync(link.Node);
        await client.SendAsync(new byte[500]);

        var inspected = await Inspected.OfServedAsync(link.Node, PortText, "--address", "127.0.0.1");

        held.SetResult();
        (inspected.Verdict, inspected.ExitCode).ShouldBe(("handled", 0));
        // A look that found no time for all processes is repeated, and leaves a connection of its own each time.
        inspected.Words.ShouldMatch(@"\d+ accepted connections? held 5\d\d unread bytes at both readings: accepted, and not read\.");
        inspected.Words.ShouldContain("did not close the test connection");
    }

    [Fact]
    public async Task IPv6Only_IsHandledThere_AndNoneOnIPv4()
    {
        await using var link = await TestLink.CreateAsync();
        await using var server = Backend.RunOn(link.Node.Inside(() => Listen(IPAddress.IPv6Any, dual: false)), Backend.EchoAsync);

        var inspected = await Inspected.OfServedAsync(link.Node, PortText);
        var four = await Inspected.RunAsync(link.Node, PortText, "--address", "127.0.0.1");

        (inspected.Verdict, inspected.ExitCode).ShouldBe(("handled", 0));
        inspected.Probe("::1").GetProperty("accepted").GetBoolean().ShouldBeTrue();
        inspected.Probe(link.Node.Six.ToString()).GetProperty("accepted").GetBoolean().ShouldBeTrue();
        (four.Verdict, four.ExitCode).ShouldBe(("none", 2));
    }

    [Fact]
    public async Task DualStack_TakesIPv4_IsHandled()
    {
        await using var link = await TestLink.CreateAsync();
        await using var server = Backend.RunOn(link.Node.Inside(() => Listen(IPAddress.IPv6Any, dual: true)), Backend.EchoAsync);

        var inspected = await Inspected.OfServedAsync(link.Node, PortText);

        (inspected.Verdict, inspected.ExitCode).ShouldBe(("handled", 0));
        inspected.Probe("127.0.0.1").GetProperty("accepted").GetBoolean().ShouldBeTrue();
    }

    [Theory]
    [InlineData(true, "handled", 0)]
    [InlineData(false, "placeholder", 1)]
    public async Task DeferredAccept_IsToldWithoutSendingAByte(bool accepts, string verdict, int code)
    {
        await using var link = await TestLink.CreateAsync();
        // TCP_DEFER_ACCEPT, as Apache and some nginx configurations set it: the kernel does not tell of a client until it has sent something.
        using var listener = link.Node.Inside(() =>
        {
            var socket = Listen(IPAddress.Any, dual: false);
            socket.SetRawSocketOption(6, 9, BitConverter.GetBytes(5));
            return socket;
        });
        await using var server = accepts ? Backend.RunOn(listener, Backend.EchoAsync) : null;

        var inspected = accepts ? await Inspected.OfServedAsync(link.Node, PortText) : await Inspected.RunAsync(link.Node, PortText);

        (inspected.Verdict, inspected.ExitCode).ShouldBe((verdict, code));
    }

    [Fact]
    public async Task OfAnotherUser_WithoutRoot_HasTheSameVerdict_AndSaysWhatWasNotSeen()
    {
        Tool.SkipUnlessInstalled("setpriv");
        await using var link = await TestLink.CreateAsync();
        await SkipUnlessNobodyMayRunItAsync();
        await using (var server = Backend.RunOn(link.Node.Listen(IPAddress.Any, Port), Backend.EchoAsync))
        {
            var handled = await Inspected.OfServedAsync(link.Node, Inspected.AsNobody, [PortText]);

            (handled.Verdict, handled.ExitCode).ShouldBe(("handled", 0));
            handled.Owners.ShouldBeEmpty();
            handled.Words.ShouldContain("a process of uid 0 that cannot be seen from here");
            handled.Words.ShouldContain("cannot be read without root");
        }

        using var holder = Hold(link.Node);
        var held = await Inspected.RunAsync(link.Node, Inspected.AsNobody, [PortText]);

        (held.Verdict, held.ExitCode).ShouldBe(("placeholder", 1));
    }

    [Fact]
    public async Task Udp_IsKnownByItsQueueAlone()
    {
        await using var link = await TestLink.CreateAsync();
        (await Inspected.RunAsync(link.Node, PortText, "--udp")).Verdict.ShouldBe("none");
        using var bound = link.Node.Datagrams(IPAddress.Any, Port);

        (await Inspected.RunAsync(link.Node, PortText, "--udp")).Verdict.ShouldBe("idle");
        using var client = link.Client.Datagrams(IPAddress.Any, 0);
        client.SendTo(new byte[100], new IPEndPoint(link.Node.Four, Port));
        await Eventually.IsTrue(() => bound.Available > 0, "the datagram waits");

        var unread = await Inspected.RunAsync(link.Node, PortText, "--udp");
        (unread.Verdict, unread.ExitCode).ShouldBe(("placeholder", 1));
        unread.Listener.GetProperty("receiveQueue").GetInt32().ShouldBeGreaterThan(100);
    }

    /// <summary>As on a link that comes up just now, where the question for the neighbour's address is lost.</summary>
    [Fact]
    public async Task LostFirstPacket_IsNoFilter()
    {
        await using var link = await TestLink.CreateAsync();
        await link.Node.NftAsync("add table inet f");
        await link.Node.NftAsync("add chain inet f in { type filter hook input priority 0 ; }");
        await link.Node.NftAsync($"add rule inet f in tcp dport {Port} tcp flags syn numgen inc mod 2 0 drop");
        await using var server = Backend.RunOn(link.Node.Listen(IPAddress.Any, Port), Backend.EchoAsync);

        var inspected = await Inspected.OfServedAsync(link.Node, PortText, "--address", "127.0.0.1");

        (inspected.Verdict, inspected.ExitCode).ShouldBe(("handled", 0));
    }

    private static async Task ShouldBeKernelAsync(TestLink link, string address, params string[] more)
    {
        var inspected = await Inspected.RunAsync(link.Node, [PortText, .. more]);

        (inspected.Verdict, inspected.ExitCode).ShouldBe(("kernel", 2));
        inspected.Probe(address).GetProperty("natTo").GetString().ShouldBe($"{link.Client.Four}:8080");
        inspected.Json.GetProperty("rules").GetArrayLength().ShouldBeGreaterThan(0);
    }

    private static async Task<Socket> ConnectAsync(TestHost host, int port = Port)
    {
        var socket = host.Inside(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        return socket;
    }

    private static async Task SkipUnlessNobodyMayRunItAsync()
    {
        try
        {
            await Tool.RunAsync(Inspected.AsNobody[0], [.. Inspected.AsNobody[1..], TestedProgram.Path, "version"]);
        }
        catch (InvalidOperationException e)
        {
            Assert.Skip($"another user may not run the executable here: {e.Message}");
        }
    }
}
