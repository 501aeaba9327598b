using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Tests.CommandLine;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.Servers.Admin;

/// <summary>A Service that can never work is no green, and not before its first client either.</summary>
public sealed class OwnListenerTests : IAsyncLifetime
{
    private readonly AskedProxy _proxy = new();
    private readonly int _port = FreePort.Next();

    public ValueTask InitializeAsync() => default;

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    [Fact]
    public async Task EndpointIsItsOwnNodePort_IsToldEverywhere_BeforeTheFirstClient()
    {
        await _proxy.StartAsync(Manifests.Service("web", _port, _port));

        var status = await _proxy.AskAsync("status");
        var listed = await _proxy.AskAsync("list -o wide");
        var top = await _proxy.AskAsync("top");
        using var json = JsonDocument.Parse((await _proxy.AskAsync("list -o json")).Printed);

        status.Code.ShouldBe(ExitCode.Failed);
        status.Printed.ShouldContain("ready, with issues");
        status.Printed.ShouldContain($"Service default/web: endpoint 127.0.0.1:{_port} is a listener of this proxy: it is not dialled");
        listed.Printed.ShouldContain("Failing");
        listed.Printed.ShouldContain("0/1");
        listed.Printed.ShouldContain("no endpoint but a listener of this proxy itself");
        top.Printed.ShouldContain("Failing");
        var endpoint = json.RootElement.GetProperty("services")[0].GetProperty("endpoints")[0];
        foreach (string use in (string[])["used", "usedInternally", "usedExternally"]) endpoint.GetProperty(use).GetBoolean().ShouldBeFalse(use);
        endpoint.GetProperty("state").GetString().ShouldBe("failing");
        endpoint.GetProperty("lastError").GetString().ShouldBe("loop");
    }

    [Fact]
    public async Task AClientHasCome_ItIsToldOnce()
    {
        await _proxy.StartAsync(Manifests.Service("web", _port, _port));
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPAddress.Loopback, _port, TestContext.Current.CancellationToken);
            await Should.ThrowAsync<IOException>(
                async () => await client.GetStream().ReadExactlyAsync(new byte[1], TestContext.Current.CancellationToken));
        }

        var (code, printed, _) = await _proxy.AskAsync("status");

        code.ShouldBe(ExitCode.Failed);
        (printed.Split("(EndpointLoop)").Length - 1).ShouldBe(1, printed);
        printed.ShouldNotContain("EndpointsFailing", Case.Sensitive, "nor that none of its endpoints answers");
    }

    /// <summary>Who waits for "used is 0" is to hear of it.</summary>
    [Fact]
    public async Task Metrics_DoNotCountItAsUsed()
    {
        string at = $"127.0.0.1:{FreePort.Next()}";
        await _proxy.StartAsync(Manifests.Service("web", _port, _port), metrics: at);
        using var http = new HttpClient();

        string scrape = await http.GetStringAsync(new Uri($"http://{at}/metrics"), TestContext.Current.CancellationToken);

        const string series = "userproxy_endpoints{namespace=\"default\",service=\"web\",port=\"\",protocol=\"TCP\",state=";
        scrape.ShouldContain($"{series}\"used\"}} 0");
        scrape.ShouldContain($"{series}\"unused\"}} 1");
    }

    /// <summary>The first client goes to the other one.</summary>
    [Theory]
    [InlineData(null, "Failing")]
    [InlineData("unknown", "Unknown")]
    [InlineData("answering", "Degraded")]
    [InlineData("silent", "Silent")]
    [InlineData("failing", "Failing")]
    public void Health_WithAnEndpointThatLeadsBack_IsThatOfTheOthers(string? other, string health)
    {
        var some = Samples.Services.Services.First(service => service.Name == "web").Endpoints[0];

        ListenerHealth.Of(other is null ? [] : [some with { State = other }], someLeadBack: true).ShouldBe(health);
        ListenerHealth.Of([]).ShouldBeNull();
    }

    /// <summary>The field of the number is misspelt.</summary>
    [Fact]
    public async Task ServiceWithoutAnyAddress_IsNoGreen()
    {
        await _proxy.StartAsync(Manifests.Service("web", _port) + """
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: typo, namespace: default}
            spec: {type: NodePort, ports: [{port: 80, nodeport: 31999}]}

            """);

        var listed = await _proxy.AskAsync("list default/typo");

        listed.Code.ShouldBe(ExitCode.Failed);
        listed.Said.ShouldContain("default/typo is declared, and nothing of it is served on this node: it has no address here");
        (await _proxy.AskAsync("top -n default")).Printed.ShouldContain("NotServed");
        (await _proxy.AskAsync("status")).Printed.ShouldContain("2 Service ports (1 without endpoints)", Case.Sensitive, "as list has one row of 0/0");
    }
}
