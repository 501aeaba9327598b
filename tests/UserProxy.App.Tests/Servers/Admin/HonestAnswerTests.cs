using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using UserProxy.App.CommandLine;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.Servers.Admin;

/// <summary>What a running proxy knows to be half of the truth, it says: a source that cannot be read, a Service that is left out, its own end.</summary>
public sealed class HonestAnswerTests : IAsyncLifetime
{
    private readonly AskedProxy _proxy = new();
    private readonly TcpListener _backend = new(IPAddress.Loopback, 0);
    private readonly int _port = FreePort.Next();
    private string _manifest = "";

    public ValueTask InitializeAsync()
    {
        _backend.Start();
        _manifest = Manifests.Service("web", _port, ((IPEndPoint)_backend.LocalEndpoint).Port) + """
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: pods, namespace: default}
            spec: {clusterIP: None, ports: [{port: 80}]}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: inside, namespace: default}
            spec: {type: LoadBalancer, clusterIP: 10.96.0.7, ports: [{port: 80}]}
            status: {loadBalancer: {ingress: [{ip: 192.0.2.10}]}}

            """;
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _backend.Dispose();
    }

    [Theory]
    [InlineData("explain pods")]
    [InlineData("explain default/pods")]
    [InlineData("list pods")]
    [InlineData("list default/pods")]
    [InlineData("connections default/pods")]
    public async Task LeftOutService_IsToldWithItsOwnReason(string line)
    {
        await _proxy.StartAsync(_manifest);

        var (code, _, said) = await _proxy.AskAsync(line);

        code.ShouldBe(ExitCode.Failed);
        said.Trim().ShouldBe(
            "default/pods is declared, and nothing of it is served on this node: it is headless (clusterIP: None): it has no virtual IP, and its clients dial "
                + "the Pods that DNS names");
    }

    [Theory]
    [InlineData("explain web:8080", "web has no port 8080; it has 80")]
    [InlineData("list default/web:8080", "default/web has no port 8080; it has 80")]
    [InlineData("list web:8080", "web has no port 8080; it has 80")]
    [InlineData("list -n nope", "no Service in namespace nope; there is default")]
    public async Task Mistyped_IsToldWhatThereIs(string line, string says)
    {
        await _proxy.StartAsync(_manifest);

        (await _proxy.AskAsync(line)).Said.ShouldContain(says);
    }

    /// <summary>The same words in each place, which is what a search for them needs.</summary>
    [Fact]
    public async Task ServiceWithoutAnAddress_IsDiagnosedAlikeEverywhere()
    {
        await _proxy.StartAsync(_manifest);
        string[] words = ["ClusterIPs are not served by this run (--cluster-ips", "load balancers' addresses are not served by this run (--load-balancer-ips"];

        var explained = await _proxy.AskAsync("explain default/inside");
        var listed = await _proxy.AskAsync("list default/inside -o wide");
        var status = await _proxy.AskAsync("status");

        explained.Code.ShouldBe(ExitCode.Failed);
        status.Code.ShouldBe(ExitCode.Failed);
        foreach (string word in words)
        {
            explained.Printed.ShouldContain(word);
            listed.Printed.ShouldContain(word);
            status.Printed.ShouldContain(word);
        }

        listed.Printed.ShouldContain("10.96.0.7:80");
        listed.Printed.ShouldContain("192.0.2.10:80");
        listed.Printed.ShouldContain("NotServed");
    }

    /// <summary>Clients from outside are dropped, as is declared; those of this node are let in, and reset.</summary>
    [Fact]
    public async Task LocalPolicy_WhoseOnlyEndpointIsElsewhereAndDead_ServesNobody()
    {
        int dead = ((IPEndPoint)_backend.LocalEndpoint).Port;
        _backend.Stop();
        await _proxy.StartAsync(Manifests.Service("web", _port, dead)
            .Replace("type: NodePort", "type: NodePort\n  externalTrafficPolicy: Local", StringComparison.Ordinal)
            .Replace("addresses: [\"127.0.0.1\"]", "addresses: [\"127.0.0.1\"]\n    nodeName: elsewhere", StringComparison.Ordinal));
        await Eventually.IsTrue(
            async () =>
            {
                using var client = new TcpClient();
                try
                {
                    await client.ConnectAsync(IPAddress.Loopback, _port, TestContext.Current.CancellationToken);
                }
                catch (SocketException)
                {
                    // Reset already.
                }

                return (await _proxy.AskAsync("explain default/web")).Printed.Contains("would be reset", StringComparison.Ordinal);
            },
            "a connection has shown that the endpoint is dead");

        (await _proxy.AskAsync("list")).Printed.ShouldContain("Dropping");
        (await _proxy.AskAsync("explain default/web")).Code.ShouldBe(ExitCode.Failed);
        var inspected = await _proxy.AskAsync($"inspect {_port}");
        inspected.Printed.ShouldContain("unserved");
        inspected.Code.ShouldBe(ExitCode.Failed);
    }

    /// <summary>The kernel takes the connection, and nobody accepts it: a dial is answered all the same.</summary>
    [Fact]
    public async Task EndpointThatDoesNotAccept_IsDoubted()
    {
        await _proxy.StartAsync(_manifest);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _port, TestContext.Current.CancellationToken);
        await client.GetStream().WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);

        var explained = await _proxy.AskUntilAsync(
            "explain default/web", answer => answer.Printed.Contains("1 connection has sent it something and had nothing back", StringComparison.Ordinal));

        explained.Printed.ShouldContain(
            $"does its process accept, and answer? On its host: userproxy inspect {((IPEndPoint)_backend.LocalEndpoint).Port} --address 127.0.0.1");
        var verified = await _proxy.AskAsync("verify default/web --dial");
        verified.Printed.ShouldContain("! 11 endpoints answer");
        verified.Code.ShouldBe(ExitCode.Failed);
    }

    [Fact]
    public async Task UnreadableSource_WithNothingServed_IsNoEmptyList()
    {
        await _proxy.StartAsync("kind: [");

        foreach (string line in (string[])["list", "list -o ipvs"])
        {
            var (code, _, said) = await _proxy.AskAsync(line);
            code.ShouldBe(ExitCode.Failed, line);
            if (line == "list") said.ShouldContain($"source unreadable since 20");
        }

        var listed = await _proxy.AskAsync("list -o json");
        listed.Code.ShouldBe(ExitCode.Failed);
        using var json = JsonDocument.Parse(listed.Printed);
        var trouble = json.RootElement.GetProperty("sourceTrouble");
        trouble.GetProperty("kind").GetString().ShouldBe("unreadable");
        trouble.GetProperty("since").GetDateTimeOffset().ShouldBeGreaterThan(DateTimeOffset.UnixEpoch);
        (await _proxy.AskAsync("explain default/web")).Said.ShouldContain("as far as it could be read");
    }

    /// <summary>Whoever has declared something is not told that there is nothing.</summary>
    [Theory]
    [InlineData("{type: Nodeport, ports: [{port: 80}]}", "must be one of ClusterIP, NodePort")]
    [InlineData("{clusterIP: None, ports: [{port: 80}]}", "it is headless")]
    [InlineData("{clusterIP: 10.96.0.9, ports: [{port: 80, protocol: SCTP}]}", "none of its ports can be served")]
    public async Task NothingDeclaredCanBeServed_IsToldWithItsReason(string spec, string why)
    {
        await _proxy.StartAsync($"apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {spec}\n");

        var (code, _, said) = await _proxy.AskAsync("list");

        code.ShouldBe(ExitCode.Done);
        said.ShouldContain($"{_proxy.ManifestPath} declares 1 Service, of which nothing is served on this node: default/web, as ");
        said.ShouldContain(why);
    }

    [Fact]
    public async Task UnreadableSource_WhatItLastHeld_IsListedWithItsAge()
    {
        await _proxy.StartAsync(_manifest);
        await _proxy.AskUntilAsync("status -o json", answer => !answer.Printed.Contains("sourceTrouble", StringComparison.Ordinal));

        File.Delete(_proxy.ManifestPath);

        var listed = await _proxy.AskUntilAsync("list", answer => answer.Said.Contains("source unreadable since 20", StringComparison.Ordinal));
        listed.Code.ShouldBe(ExitCode.Done, "what is served is served");
        listed.Printed.ShouldContain($"0.0.0.0:{_port}");
        listed.Said.ShouldContain(_proxy.ManifestPath);
        (await _proxy.AskAsync("explain default/web")).Printed.ShouldContain("source unreadable since 20");
        (await _proxy.AskAsync("status")).Printed.ShouldContain("source unreadable since 20");
    }

    /// <summary>The file can be read, and one object of it cannot.</summary>
    [Fact]
    public async Task UnreadableObject_WhatWasDeclaredLast_IsListedAndSaid()
    {
        await _proxy.StartAsync(_manifest);
        (await _proxy.AskAsync("list")).Said.ShouldNotContain("Service default/web");

        await File.WriteAllTextAsync(
            _proxy.ManifestPath, _manifest.Replace($"nodePort: {_port}", "nodePort: abc", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        var listed = await _proxy.AskUntilAsync("list", answer => answer.Said.Contains("Service default/web: ", StringComparison.Ordinal));
        listed.Code.ShouldBe(ExitCode.Done, "what is served is served");
        listed.Printed.ShouldContain($"0.0.0.0:{_port}");
        listed.Said.ShouldContain("nodePort: must be a whole number");
        listed.Said.ShouldContain("; what is served may be an earlier form of it");
        foreach (string line in (string[])["list -o json", "list default/web -o json"])
        {
            using var json = JsonDocument.Parse((await _proxy.AskAsync(line)).Printed);
            json.RootElement.GetProperty("issues").EnumerateArray().Any(
                issue => issue.GetProperty("subject").GetString() == "Service default/web" && issue.GetProperty("reason").GetString() == "InvalidObject")
                .ShouldBeTrue(line);
        }

        // Inspect asks so, and waits for a second at most.
        using var ofPort = await _proxy.GetAsync($"/v1/services?port={_port}");
        ofPort.RootElement.GetProperty("services").GetArrayLength().ShouldBeGreaterThan(0);
        ofPort.RootElement.GetProperty("issues").GetArrayLength().ShouldBe(0);
    }

    [Theory]
    [InlineData("list default/inside")]
    [InlineData("list svc/inside -n default")]
    public async Task NamedService_ThatIsNotListenedOn_Exits1_AndSaysWhy(string line)
    {
        await _proxy.StartAsync(_manifest);

        var (code, printed, said) = await _proxy.AskAsync(line);

        code.ShouldBe(ExitCode.Failed);
        printed.ShouldContain("NotServed");
        said.ShouldStartWith("default/inside is declared, and nothing of it is served on this node: ");
        said.ShouldContain("are not served by this run");
        (await _proxy.AskAsync("list default/web")).Code.ShouldBe(ExitCode.Done);
        (await _proxy.AskAsync("list")).Code.ShouldBe(ExitCode.Done);
    }

    [Fact]
    public async Task Draining_ExplainSaysSo_AndIsNoGreen()
    {
        await _proxy.StartAsync(_manifest, drainTimeout: "60s");
        (await _proxy.AskAsync("explain default/web")).Code.ShouldBe(ExitCode.Done);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _port, TestContext.Current.CancellationToken);
        using var accepted = await _backend.AcceptTcpClientAsync(TestContext.Current.CancellationToken);

        await _proxy.StopAsync();

        var explained = await _proxy.AskUntilAsync("explain default/web", answer => answer.Code == ExitCode.Failed);
        explained.Printed.ShouldStartWith("this proxy is stopping: open connections are let run, and new ones are refused");
        explained.Printed.ShouldContain("is refused: this proxy is draining");
        explained.Printed.ShouldNotContain("goes to");
        (await _proxy.AskAsync("list")).Said.ShouldContain("this proxy is stopping");
        (await _proxy.AskAsync("explain default/web -o json")).Printed.ShouldContain("\"draining\": true");
        (await _proxy.AskAsync("status")).Code.ShouldBe(ExitCode.Failed);
    }
}
