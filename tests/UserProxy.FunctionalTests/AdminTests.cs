using System.Net.Sockets;
using System.Text.Json;
using NJsonSchema;
using UserProxy.App.Tests;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>What list, connections and explain say of a running proxy is what the kernel and the clients see.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
[StartsProgram]
public sealed class AdminTests
{
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task List_IsWhatIsServed(TransportKind transport)
    {
        await using var a = Backend.Echo();
        await using var b = Backend.Echo();
        int served = FreePort.Next(), empty = FreePort.Next(), taken = FreePort.Next();
        using var squatter = new TcpListener(System.Net.IPAddress.Loopback, taken) { ExclusiveAddressUse = true };
        squatter.Start();
        await using var proxy = await ServingProcess.StartAsync(
            transport, ServingProcess.ServiceOf("a", served, "rr", a, b)
                + "\n" + ServingProcess.ServiceOf("b", empty, "lc") + "\n" + ServingProcess.ServiceOf("c", taken, "rr", a));
        for (int i = 0; i < 4; i++)
        {
            using var client = await ServingProcess.ConnectAsync(served);
            await client.AskAsync("12345");
            client.FinishSending();
            await client.ReceiveToEndAsync();
        }

        using var admin = new AdminSocket(proxy.AdminSocket);
        await Eventually.IsTrue(() => admin.IsIdleAsync("default/a"), "all have ended");
        var list = await proxy.AskAsync("list");

        list.GetProperty("node").GetString().ShouldBe("node-1");
        list.GetProperty("services").EnumerateArray().Select(service => (service.GetProperty("name").GetString(), StateOf(service))).ShouldBe(
            [("a", "Listening"), ("b", "Refusing"), ("c", "Failed")]);
        KernelTable.Count(served, TcpSocketState.Listen).ShouldBe(1);
        KernelTable.Count(empty, TcpSocketState.Listen).ShouldBe(0);
        Service(list, "c").GetProperty("listeners")[0].GetProperty("reason").GetString().ShouldStartWith("the port is taken");
        var service = Service(list, "a");
        service.GetProperty("acceptedConnections").GetInt64().ShouldBe(4);
        service.GetProperty("endpoints").EnumerateArray().Select(endpoint => (
            endpoint.GetProperty("port").GetInt32(), endpoint.GetProperty("totalConnections").GetInt64(), endpoint.GetProperty("bytesIn").GetInt64(),
            endpoint.GetProperty("bytesOut").GetInt64()))
            .ShouldBe([(a.EndPoint.Port, 2, 10, 10), (b.EndPoint.Port, 2, 10, 10)], ignoreOrder: true);
        var (_, ipvs, _) = await proxy.RunAsync("list", "default/a", "-o", "ipvs", "--stats");
        ipvs.ShouldContain(string.Create(null, $"{$"TCP  127.0.0.1:{served}",-33}{4,9}{0,9}{0,9}{20,9}{20,9}\n"));
    }

    /// <summary>It listens while every client is reset: no output may call that well.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task NoEndpointAnswers_EveryOutputSaysSo_UntilOneDoes(TransportKind transport)
    {
        await using var answers = Backend.Echo();
        int port = FreePort.Next(), other = FreePort.Next(), dead = FreePort.Next();
        await using var proxy = await ServingProcess.StartAsync(
            transport, ServingProcess.ServiceOf("dead", port, "rr", "TCP", "None", [new(System.Net.IPAddress.Loopback, dead)])
                + "\n" + ServingProcess.ServiceOf("well", other, "rr", answers));
        (await StateAsync("dead")).ShouldBe(("Listening", "unknown", "Unknown", 0));
        (await proxy.RunAsync("list", "dead")).Out.ShouldContain("?/1");

        try
        {
            using var client = await ServingProcess.ConnectAsync(port);
            await client.ReceiveToEndAsync();
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // The reset may come before connect has returned.
        }

        using (var client = await ServingProcess.ConnectAsync(other)) await client.AskAsync("12345");

        await Eventually.IsTrue(async () => (await StateAsync("dead")).Endpoint == "failing", "the failed dial is noted");
        (await StateAsync("dead")).ShouldBe(("Listening", "failing", "Failing", 0));
        (await StateAsync("well")).ShouldBe(("Listening", "answering", "Answering", 1));
        var endpoint = Service(await proxy.AskAsync("list", "dead"), "dead").GetProperty("endpoints")[0];
        endpoint.GetProperty("lastError").GetString().ShouldBe("refused");
        endpoint.GetProperty("failingSince").GetDateTimeOffset().ShouldBeLessThanOrEqualTo(DateTimeOffset.UtcNow.AddSeconds(1));
        string table = (await proxy.RunAsync("list", "-n", "default")).Out;
        table.Split('\n').Single(line => line.StartsWith("dead", StringComparison.Ordinal)).ShouldMatch("Failing +0/1");
        table.Split('\n').Single(line => line.StartsWith("well", StringComparison.Ordinal)).ShouldMatch("Listening +1/1");
        (await proxy.RunAsync("list", "dead", "-o", "wide")).Out.ShouldContain("no endpoint answers, refused");
        (int code, string explained, _) = await proxy.RunAsync("explain", "dead");
        code.ShouldBe(1);
        (await proxy.RunAsync("explain", "well")).Code.ShouldBe(0);
        explained.ShouldContain($"! 127.0.0.1:{dead}   ready; failing for ");
        explained.ShouldContain("its only endpoint did not answer its last dial: every connection is reset until it does");
        explained.ShouldMatch(@", and would be reset: the last dial to each endpoint failed \([0-9hms]+ ago\)");
        explained.ShouldMatch(@"the last dial \([0-9hms]+ ago\): the connection was refused");
        (await proxy.RunAsync("explain", "well")).Out.ShouldMatch(@"ready; answering \(last dial [0-9hms]+ ago\)");
        endpoint.GetProperty("lastDialAt").GetDateTimeOffset().ShouldBeLessThanOrEqualTo(DateTimeOffset.UtcNow.AddSeconds(1));
        using (var admin = new AdminSocket(proxy.AdminSocket))
            (await admin.StatusAsync()).GetProperty("issues").EnumerateArray().Select(issue => issue.GetProperty("reason").GetString()).ShouldContain(
                "EndpointsFailing");

        using var listener = new TcpListener(System.Net.IPAddress.Loopback, dead);
        listener.Start();
        await using var revived = Backend.RunOn(listener.Server, Backend.EchoAsync);
        using (var client = await ServingProcess.ConnectAsync(port)) await client.AskAsync("12345");
        (await StateAsync("dead")).ShouldBe(("Listening", "answering", "Answering", 1));

        async Task<(string? Listener, string? Endpoint, string? Health, int Answering)> StateAsync(string name)
        {
            var service = Service(await proxy.AskAsync("list"), name);
            var listener = service.GetProperty("listeners")[0];
            return (
                listener.GetProperty("state").GetString(), service.GetProperty("endpoints")[0].GetProperty("state").GetString(),
                listener.GetProperty("health").GetString(), service.GetProperty("endpointsAnswering").GetInt32());
        }
    }

    /// <summary>As kubectl has it: names with and without a namespace, what is not there with what may have been meant.</summary>
    [Fact]
    public async Task Filters_FindWhatIsMeant()
    {
        await using var echo = Backend.Echo();
        await using var proxy = await ServingProcess.StartAsync(
            TransportKind.Sockets,
            ServingProcess.ServiceOf("alpha", FreePort.Next(), "rr", echo) + "\n" + ServingProcess.ServiceOf("beta", FreePort.Next(), "rr", echo)
                + "\n" + ServingProcess.ServiceOf("gamma", FreePort.Next(), "rr", echo));

        (await NamesAsync("list", "gamma", "default/alpha")).ShouldBe(["alpha", "gamma"], ignoreOrder: true);
        (await NamesAsync("list", "-n", "default", "beta")).ShouldBe(["beta"]);
        (await NamesAsync("list", "-n", "elsewhere")).ShouldBeEmpty();
        (await NamesAsync("list", "-n", "elsewhere", "-A")).Count.ShouldBe(3);
        var (code, _, error) = await proxy.RunAsync("list", "bta");
        code.ShouldBe(1);
        error.Trim().ShouldBe("bta is not served on this node; did you mean beta?");
        (code, _, error) = await proxy.RunAsync("list", "--sort-by", "colour");
        code.ShouldBe(64);
        error.ShouldStartWith("--sort-by: no column colour; there is namespace, name, ");
        (code, _, error) = await proxy.RunAsync("explain", "bta");
        (code, error.Trim()).ShouldBe((1, "bta is not served on this node; did you mean beta?"));
        (await proxy.RunAsync("explain", "beta")).Out.ShouldStartWith("default/beta ");
        (await proxy.RunAsync("connections", "beta", "gamma")).Code.ShouldBe(0);
        (code, _, error) = await proxy.RunAsync("connections", "bta");
        (code, error.Trim()).ShouldBe((1, "bta is not served on this node; did you mean beta?"));

        async Task<List<string?>> NamesAsync(params string[] line) =>
            [.. (await proxy.AskAsync(line)).GetProperty("services").EnumerateArray().Select(service => service.GetProperty("name").GetString())];
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Connections_HaveTheClientsAddressesAndBytes(TransportKind transport)
    {
        await using var echo = Backend.Echo();
        int port = FreePort.Next();
        await using var proxy = await ServingProcess.StartAsync(transport, ServingProcess.ServiceOf("a", port, "rr", echo));
        using var quiet = await ServingProcess.ConnectAsync(port);
        using var busy = await ServingProcess.ConnectAsync(port);
        byte[] sent = new byte[300_000];
        var echoed = busy.ReceiveAsync(sent.Length);
        await busy.SendAsync(sent);
        await echoed;
        await Eventually.IsTrue(() => echo.Accepted == 2, "both are relayed");
        // The idle time is known from the second sweep on, and begins anew when a late acknowledgement is seen.
        using var admin = new AdminSocket(proxy.AdminSocket);
        List<JsonElement> connections = [];
        await Eventually.IsTrue(
            async () =>
            {
                if (!(await admin.ConnectionsAsync()).All(connection => connection.GetProperty("idleSeconds").GetDouble() > 0.1)) return false;
                connections = [.. (await proxy.AskAsync("connections", "--service", "default/a")).GetProperty("connections").EnumerateArray()];
                return connections.TrueForAll(connection => connection.GetProperty("idleSeconds").GetDouble() > 0.1);
            },
            "the sweeps have looked");

        connections.Count.ShouldBe(2);
        var one = connections.Single(connection => connection.GetProperty("client").GetString() == busy.Socket.LocalEndPoint!.ToString());
        one.GetProperty("protocol").GetString().ShouldBe("TCP");
        one.GetProperty("listener").GetString().ShouldBe(busy.Socket.RemoteEndPoint!.ToString());
        one.GetProperty("endpoint").GetString().ShouldBe(echo.EndPoint.ToString());
        one.GetProperty("state").GetString().ShouldBe("Established");
        one.GetProperty("bytesIn").GetInt64().ShouldBe(sent.Length);
        one.GetProperty("bytesOut").GetInt64().ShouldBe(sent.Length);
        one.GetProperty("ageSeconds").GetDouble().ShouldBeInRange(0.1, 60);
        one.GetProperty("idleSeconds").GetDouble().ShouldBeInRange(0.1, 60);
        // Running connections count in list, too.
        Service(await proxy.AskAsync("list"), "a").GetProperty("endpoints")[0].GetProperty("bytesIn").GetInt64().ShouldBe(sent.Length);
        (await proxy.AskAsync("connections", "--client", "127.0.0.1")).GetProperty("connections").GetArrayLength().ShouldBe(2);
        (await proxy.AskAsync("connections", "--client", "127.0.0.9")).GetProperty("connections").GetArrayLength().ShouldBe(0);
        var unknown = await Should.ThrowAsync<InvalidOperationException>(() => proxy.AskAsync("connections", "--service", "default/b"));
        unknown.Message.ShouldContain("declares no such Service");
        busy.Dispose();
        await Eventually.IsTrue(async () => (await admin.ConnectionsAsync()).Count == 1, "one is left");
        (await proxy.AskAsync("connections")).GetProperty("connections").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task List_OfALivingProxy_IsWhatTheSchemaSays()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "UDP is served on Linux");
        await using var echo = Backend.Echo();
        await using var datagrams = DatagramBackend.Named("udp", DatagramBackend.OnLoopback());
        int tcp = FreePort.Next(), udp = FreePort.Next(), taken = FreePort.Next();
        using var squatter = new TcpListener(System.Net.IPAddress.Loopback, taken) { ExclusiveAddressUse = true };
        squatter.Start();
        await using var proxy = await ServingProcess.StartAsync(TransportKind.Epoll, string.Join(
            "\n",
            ServingProcess.ServiceOf("affine", tcp, "lc", "TCP", "ClientIP", [echo.EndPoint]),
            ServingProcess.ServiceOf("datagrams", udp, "rr", "UDP", "None", [datagrams.EndPoint]),
            ServingProcess.ServiceOf("refusing", FreePort.Next(), "rr"),
            ServingProcess.ServiceOf("taken", taken, "rr", echo)));
        using var client = await ServingProcess.ConnectAsync(tcp);
        await client.AskAsync("hello");
        using var asking = DatagramClient.Connect(DatagramBackend.OnLoopback(), System.Net.IPAddress.Loopback, udp);
        (await asking.AskAsync()).ShouldBe("udp");

        var (code, json, error) = await proxy.RunAsync("list", "-o", "json");

        code.ShouldBe(0, error);
        using var list = JsonDocument.Parse(json);
        list.RootElement.GetProperty("services").EnumerateArray()
            .Select(service => (service.GetProperty("protocol").GetString(), service.GetProperty("sessionAffinity").GetString(), StateOf(service))).ShouldBe(
            [("TCP", "ClientIP", "Listening"), ("UDP", "None", "Listening"), ("TCP", "None", "Refusing"), ("TCP", "None", "Failed")]);
        var schema = await JsonSchema.FromFileAsync(Path.Combine(Repository.Root, "docs", "schemas", "list.v1.json"), TestContext.Current.CancellationToken);
        schema.Validate(json).Select(flaw => flaw.ToString()).ShouldBeEmpty();
        // The schema is no blank cheque.
        schema.Validate(json.Replace("\"Refusing\"", "\"Resting\"", StringComparison.Ordinal)).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Socket_IsForItsOwnerAndGoesWithTheProcess()
    {
        await using var echo = Backend.Echo();
        await using var proxy = await ServingProcess.StartAsync(TransportKind.Sockets, ServingProcess.ServiceOf("a", FreePort.Next(), "rr", echo));

        File.GetUnixFileMode(proxy.AdminSocket).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await proxy.Process.SignalAsync("TERM");
        (await proxy.Process.ExitCodeAsync()).ShouldBe(0);

        File.Exists(proxy.AdminSocket).ShouldBeFalse();
        var (code, output, error) = await proxy.RunAsync("list");
        (code, output).ShouldBe((69, ""));
        error.ShouldContain(proxy.AdminSocket);
    }

    [Fact]
    public async Task Socket_OfAKilledProcess_IsToldAndReplaced()
    {
        await using var echo = Backend.Echo();
        string manifest = ServingProcess.ServiceOf("a", FreePort.Next(), "rr", echo);
        await using var first = await ServingProcess.StartAsync(TransportKind.Sockets, manifest);
        await first.Process.SignalAsync("KILL");
        await first.Process.ExitCodeAsync();
        (await first.RunAsync("list")).ShouldSatisfyAllConditions(
            answer => answer.Code.ShouldBe(69), answer => answer.Error.ShouldContain("the run that made this socket has ended without removing it"));

        await using var second = await first.StartAgainAsync();

        (await first.RunAsync("list")).Code.ShouldBe(0);
    }

    [Fact]
    public async Task Socket_OfAStoppedProcess_SaysHowItGoesOn()
    {
        await using var proxy = await ServingProcess.StartAsync(TransportKind.Sockets, ServingProcess.ServiceOf("a", FreePort.Next(), "rr"));
        await StoppedProcess.HoldAsync(proxy.Process.Id);

        var (code, _, error) = await proxy.RunAsync("status");

        await StoppedProcess.GoOnAsync(proxy.Process.Id);
        code.ShouldBe(69);
        error.ShouldContain(string.Create(null, $"it is stopped, and kill -CONT {proxy.Process.Id} lets it go on"));
        (await proxy.RunAsync("status")).Code.ShouldNotBe(69);
    }

    [Fact]
    public async Task Socket_OfAProcessThatHangs_IsToldWithinABoundedTime()
    {
        using var folder = new TempFile();
        using var hanging = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        hanging.Bind(new UnixDomainSocketEndPoint(folder.Path));
        hanging.Listen();

        var (code, _, error) = await ServingProcess.RunOnAsync(folder.Path, "list");

        code.ShouldBe(69);
        error.ShouldContain("does not answer");
    }

    private static JsonElement Service(JsonElement list, string name) =>
        list.GetProperty("services").EnumerateArray().Single(service => service.GetProperty("name").GetString() == name);

    private static string? StateOf(JsonElement service) => service.GetProperty("listeners")[0].GetProperty("state").GetString();
}
