using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using UserProxy.App.Health;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests.Health;

public sealed class HttpPortsTests : IAsyncLifetime
{
    private const int Most = 16;

    private readonly IPEndPoint _address = new(IPAddress.Loopback, Manifests.FreePort());
    private HttpPorts _ports = null!;
    private HttpPort _port = null!;

    public async ValueTask InitializeAsync()
    {
        _ports = await HttpPorts.StartAsync(Most);
        _port = await _ports.ListenAsync(_address, context => context.Response.WriteAsync("here", context.RequestAborted));
    }

    public async ValueTask DisposeAsync()
    {
        await _port.DisposeAsync();
        await _ports.DisposeAsync();
    }

    [Fact]
    public async Task HalfClosedClient_GetsItsAnswer()
    {
        for (int i = 0; i < 20; i++)
        {
            using var client = await ConnectAsync();
            await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
            client.Shutdown(SocketShutdown.Send);

            (await ReadToEndAsync(client)).ShouldEndWith("here\r\n0\r\n\r\n");
        }
    }

    [Fact]
    public async Task ManySilentClients_TheOldestMakeRoomForOneThatAsks()
    {
        var silent = new List<Socket>();
        try
        {
            for (int i = 0; i < 5 * Most; i++) silent.Add(await ConnectAsync());

            await Eventually.IsTrue(() => silent.Count(IsClosed) > 4 * Most, "there is room for more");
            silent.Count(IsClosed).ShouldBeLessThan(5 * Most, "they have not just timed out");
            // Those that had to go count until the server has let go of them: on a busy machine it turns the first to come away. Well before the silent ones time out.
            await Eventually.IsTrue(IsAnsweredAsync, "one that asks is answered");
        }
        finally
        {
            foreach (var client in silent) client.Dispose();
        }
    }

    private async Task<bool> IsAnsweredAsync()
    {
        using var client = await ConnectAsync();
        try
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8.ToArray());
            return (await ReadToEndAsync(client)).Contains("here", StringComparison.Ordinal);
        }
        catch (SocketException)
        {
            return false; // turned away
        }
    }

    private static bool IsClosed(Socket client) => client.Poll(0, SelectMode.SelectRead);

    private static async Task<string> ReadToEndAsync(Socket client)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (await client.ReceiveAsync(buffer, TestContext.Current.CancellationToken) is > 0 and var read) text.Append(Encoding.ASCII.GetString(buffer, 0, read));
        return text.ToString();
    }

    private async Task<Socket> ConnectAsync()
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(_address, TestContext.Current.CancellationToken);
        return client;
    }
}
