using System.Net;
using System.Net.Sockets;
using UserProxy.App.CommandLine;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.Servers.Admin;

/// <summary>Endpoints that take each dial while nobody is served.</summary>
public sealed class FalseGreenTests : IAsyncLifetime
{
    private readonly AskedProxy _proxy = new();
    private readonly Socket _backend = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _clients = [];
    private readonly int _port = FreePort.Next();

    private int BackendPort => ((IPEndPoint)_backend.LocalEndPoint!).Port;

    public ValueTask InitializeAsync()
    {
        _backend.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _backend.Listen();
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) client.Dispose();
        _backend.Dispose();
        await _proxy.DisposeAsync();
    }

    /// <summary>The kernel takes connections for a process that does not accept.</summary>
    [Fact]
    public async Task Endpoint_TakesConnectionsAndNeverAnswers_IsSilentEverywhere_UntilItAnswers()
    {
        await _proxy.StartAsync(Manifests.Service("mute", _port, BackendPort));
        await SendAsync("question");

        await _proxy.AskUntilAsync("list mute --stats", answer => answer.Printed.Contains(" silent ", StringComparison.Ordinal));
        (await _proxy.AskAsync("list mute")).Printed.ShouldContain(" Silent ");
        (await _proxy.AskAsync("explain mute")).Printed.ShouldContain("takes connections and leaves 1 without a byte");
        var status = await _proxy.AskAsync("status");
        status.Printed.ShouldContain("1 Service port has endpoints that are silent");
        status.Printed.ShouldContain("Endpoints are silent");
        var verified = await _proxy.AskAsync("verify mute");
        verified.Code.ShouldBe(ExitCode.Failed, verified.Printed);
        verified.Printed.ShouldContain("nobody has had a byte since one waited");
        using (var glance = await _proxy.GetAsync("/v1/glance"))
            glance.RootElement.ToString().ShouldContain("\"Silent\"");

        using var accepted = await _backend.AcceptAsync(TestContext.Current.CancellationToken);
        await accepted.SendAsync("answer"u8.ToArray(), TestContext.Current.CancellationToken);

        await _proxy.AskUntilAsync("list mute --stats", answer => answer.Printed.Contains(" answering ", StringComparison.Ordinal));
        (await _proxy.AskAsync("status")).Printed.ShouldNotContain("silent");
    }

    /// <summary>Those that had to wait are gone, and nobody has had an answer since.</summary>
    [Fact]
    public async Task Endpoint_WasSilent_AndItsClientsHaveLeft_IsSilentStill()
    {
        await _proxy.StartAsync(
            Manifests.Service("mute", _port, BackendPort).Replace(
                "  namespace: default\nspec:", "  namespace: default\n  annotations:\n    userproxy.io/idle-timeout: 1s\nspec:", StringComparison.Ordinal));
        var client = await SendAsync("question");
        await Eventually.IsTrue(() => client.Poll(0, SelectMode.SelectRead), "reset");

        await _proxy.AskUntilAsync("list mute --stats", answer => answer.Printed.Contains(" silent ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task EachConnection_EndsForTheSameReason_IsSaidWhereItLooksGreen()
    {
        await _proxy.StartAsync(
            Manifests.Service("told", _port, BackendPort).Replace(
                "  namespace: default\nspec:", "  namespace: default\n  annotations:\n    userproxy.io/accept-proxy-protocol: 127.0.0.0/8\nspec:",
                StringComparison.Ordinal));
        // Looked at once without a connection: what comes later is new.
        await _proxy.AskUntilAsync("list told -o json", answer => answer.Printed.Contains("\"rates\": {", StringComparison.Ordinal));
        await SendAsync("GET / HTTP/1.1\r\n\r\n");

        var list = await _proxy.AskUntilAsync("list told", answer => Says(answer.Printed + answer.Said));
        Says((await _proxy.AskAsync("explain told")).Printed).ShouldBeTrue();
        Says((await _proxy.AskAsync("verify told")).Printed).ShouldBeTrue();
        var status = await _proxy.AskAsync("status");
        status.Printed.ShouldContain("connections of 1 Service port end badly");
        Says(status.Printed).ShouldBeTrue(status.Printed);
        list.Said.ShouldContain("accept-proxy-protocol");

        static bool Says(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            .Contains("of the last 1 connection, 1 ended by proxy_header", StringComparison.Ordinal);
    }

    private async Task<Socket> SendAsync(string text)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _clients.Add(client);
        await client.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _port), TestContext.Current.CancellationToken);
        await client.SendAsync(System.Text.Encoding.ASCII.GetBytes(text), TestContext.Current.CancellationToken);
        return client;
    }
}
