using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.Servers.Admin;

/// <summary>UDP has no dial: what is known of an endpoint is whether a datagram has come back.</summary>
public sealed class UnansweredTests : IAsyncLifetime
{
    private readonly AskedProxy _proxy = new();
    private readonly UdpClient _backend = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly UdpClient _client = new(AddressFamily.InterNetwork);

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _backend.Dispose();
        _client.Dispose();
    }

    [Fact]
    public async Task Endpoint_IsUnanswered_FromTheFirstDatagramUntilOneComesBack()
    {
        int port = FreePort.Next(), endpoint = ((IPEndPoint)_backend.Client.LocalEndPoint!).Port;
        await _proxy.StartAsync(
            Manifests.Service("dns", port, endpoint).Replace($"- port: {endpoint}\n", $"- {{port: {endpoint}, protocol: UDP}}\n", StringComparison.Ordinal)
                .Replace("- port: 80\n", "- protocol: UDP\n      port: 80\n", StringComparison.Ordinal));
        (await _proxy.AskAsync("list dns --stats")).Printed.ShouldContain(" unknown ");

        await _client.SendAsync("question"u8.ToArray(), new IPEndPoint(IPAddress.Loopback, port), TestContext.Current.CancellationToken);
        var asked = await _backend.ReceiveAsync(TestContext.Current.CancellationToken);

        await _proxy.AskUntilAsync("list dns --stats", answer => answer.Printed.Contains(" unanswered ", StringComparison.Ordinal));
        (await _proxy.AskAsync("list dns")).Printed.ShouldContain(" ?/1 ");
        (await _proxy.AskAsync("connections dns")).Printed.ShouldContain("Unanswered");

        await _backend.SendAsync("answer"u8.ToArray(), asked.RemoteEndPoint, TestContext.Current.CancellationToken);

        await _proxy.AskUntilAsync("list dns --stats", answer => answer.Printed.Contains(" answering ", StringComparison.Ordinal));
    }
}
