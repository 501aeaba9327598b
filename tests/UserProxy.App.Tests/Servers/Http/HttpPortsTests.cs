using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using UserProxy.App.Servers.Http;
using UserProxy.FunctionalTests.Support;
using UserProxy.Policy;

namespace UserProxy.App.Tests.Servers.Http;

public sealed class HttpPortsTests : IAsyncLifetime
{
    private const int Most = 16;

    private static readonly IPAddress Stranger = IPAddress.Parse("127.0.0.2");

    private readonly IPEndPoint _address = new(IPAddress.Loopback, FreePort.Next());
    private HttpPorts _ports = null!;
    private HttpPort _port = null!;

    public async ValueTask InitializeAsync()
    {
        _ports = await StartAsync(TimeSpan.FromMinutes(1));
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

    /// <summary>Status lines as Go's server has them for what probers send.</summary>
    [Theory]
    [InlineData("OPTIONS / HTTP/1.0\r\n\r\n", 200)]
    [InlineData("GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: vip.example\r\n\r\n", 200)]
    [InlineData("GET / HTTP/1.1\r\nHost: [2001:db8::10]:30812\r\nConnection: close\r\n\r\n", 200)]
    [InlineData("GET / HTTP/1.1\r\nHost: node_1.pool:30812\r\nConnection: close\r\n\r\n", 200)]
    [InlineData("GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n", 200)]
    [InlineData("GET http://192.0.2.10:30812/ HTTP/1.1\r\nHost: monitor.example\r\nConnection: close\r\n\r\n", 200)]
    [InlineData("GET http://192.0.2.10:30812/ HTTP/1.1\r\nHost: 192.0.2.10:30812\r\nConnection: close\r\n\r\n", 200)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello", 200)]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /\r\n", 400)]
    public async Task Probe_OfALoadBalancer_IsAnsweredAsByGo(string request, int status)
    {
        using var client = await ConnectAsync();
        await client.SendAsync(Encoding.ASCII.GetBytes(request));

        (await ReadToEndAsync(client)).ShouldStartWith($"HTTP/1.1 {status} ");
    }

    /// <summary>Kestrel reads them without end, and each costs it a turn.</summary>
    [Fact]
    public async Task EmptyLinesWithoutEnd_AreCutOff_AFewAreNot()
    {
        using (var client = await ConnectAsync())
        {
            await client.SendAsync("\r\n\r\nGET / HTTP/1.0\r\n\r\n"u8.ToArray());
            (await ReadToEndAsync(client)).ShouldEndWith("here");
        }

        using var endless = await ConnectAsync();
        byte[] lines = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("\r\n", 8 * 1024)));
        long sent = 0;
        await Should.ThrowAsync<SocketException>(async () =>
        {
            while (sent < 1024 * 1024 * 1024) sent += await endless.SendAsync(lines);
        });
        await Eventually.IsTrue(IsAnsweredAsync, "others are answered");
    }

    /// <summary>No endpoint may lead to it (docs/semantics.md 9.13).</summary>
    [Fact]
    public async Task Port_IsAnOwnListenerWhileItIsBound()
    {
        var own = new OwnListeners();
        await using var ports = await HttpPorts.StartAsync(Most, TimeSpan.FromMinutes(1), TimeProvider.System, ownListeners: own);
        IPEndPoint at = new(IPAddress.Loopback, FreePort.Next()), everywhere = new(IPAddress.Any, FreePort.Next());

        var one = await ports.ListenAsync(at, context => context.Response.WriteAsync("here", context.RequestAborted));
        var all = await ports.ListenAsync(everywhere, context => context.Response.WriteAsync("here", context.RequestAborted), nodesOwn: true);
        (own.IsBound(at), own.IsBoundEverywhere(everywhere)).ShouldBe((true, true));

        await one.DisposeAsync();
        await one.DisposeAsync();
        await all.DisposeAsync();
        (own.IsBound(at), own.IsBoundEverywhere(everywhere)).ShouldBe((false, false));
        // A program that another test starts has a copy of the socket between its fork and its exec.
        HttpPort? again = null;
        await Eventually.IsTrue(
            async () =>
            {
                try
                {
                    again = await ports.ListenAsync(at, context => context.Response.WriteAsync("here", context.RequestAborted));
                    return true;
                }
                catch (IOException)
                {
                    return false;
                }
            },
            "the port can be had again");
        own.IsBound(at).ShouldBeTrue();
        await again!.DisposeAsync();
    }

    /// <summary>Left to the finalizer it would wait for its answer for as long as it likes.</summary>
    [Fact]
    public async Task ClientThatCannotBeTaken_IsClosed_AndTheNextIsAnswered()
    {
        int clients = 0;
        await using var ports = await HttpPorts.StartAsync(
            Most, TimeSpan.FromMinutes(1), TimeProvider.System, isOfNode: _ => ++clients > 1 ? true : throw new SocketException((int)SocketError.NetworkDown));
        var address = new IPEndPoint(IPAddress.Loopback, FreePort.Next());
        await using var port = await ports.ListenAsync(address, context => context.Response.WriteAsync("here", context.RequestAborted));
        using var first = new Socket(SocketType.Stream, ProtocolType.Tcp);
        // Not ConnectAsync, which would throw where the reset comes before it looks.
        first.Connect(address);

        await Eventually.IsTrue(() => IsClosed(first), "who cannot be taken is told");

        using var second = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await second.ConnectAsync(address, TestContext.Current.CancellationToken);
        await second.SendAsync("GET / HTTP/1.0\r\n\r\n"u8.ToArray());
        (await ReadToEndAsync(second)).ShouldEndWith("here");
    }

    [Fact]
    public async Task ManySilentClients_TheOldestMakeRoomForOneThatAsks()
    {
        var silent = new List<Socket>();
        try
        {
            for (int i = 0; i < 5 * Most; i++) silent.Add(await ConnectAsync());

            await Eventually.IsTrue(() => silent.Count(IsClosed) >= 4 * Most, "there is room for more");
            silent.Count(IsClosed).ShouldBeLessThan(5 * Most, "they have not just timed out");
            // Those that had to go count until the server has let go of them: on a busy machine it turns the first to come away. Well before the silent ones
            // time out.
            await Eventually.IsTrue(IsAnsweredAsync, "one that asks is answered");
        }
        finally
        {
            foreach (var client in silent) client.Dispose();
        }
    }

    /// <summary>They have sent all that they will send, wait for thousands of answers, and read none.</summary>
    [Fact]
    public async Task CrowdFromElsewhereThatReadsNothing_TheNodeIsAnsweredEachTime()
    {
        byte[] questions = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 4000)));
        var crowd = new List<Socket>();
        try
        {
            for (int i = 0; i < 5 * Most; i++)
            {
                var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 2048 };
                crowd.Add(client);
                client.Bind(new IPEndPoint(Stranger, 0));
                try
                {
                    await client.ConnectAsync(_address, TestContext.Current.CancellationToken);
                    await client.SendAsync(questions, TestContext.Current.CancellationToken);
                    client.Shutdown(SocketShutdown.Send);
                }
                catch (SocketException)
                {
                    // It has been closed already: it was the oldest, or asked too often.
                }

                if (i % Most == 0) (await IsAnsweredAsync()).ShouldBeTrue($"with {i} of them");
            }

            for (int i = 0; i < 20; i++) (await IsAnsweredAsync()).ShouldBeTrue($"time {i}");
        }
        finally
        {
            foreach (var client in crowd) client.Dispose();
        }
    }

    [Fact]
    public async Task ClientThatReadsNothing_IsCutWhenItsTimeIsOver()
    {
        await using var ports = await StartAsync(TimeSpan.FromMilliseconds(300));
        var address = new IPEndPoint(IPAddress.Loopback, FreePort.Next());
        var ended = new TaskCompletionSource();
        await using var port = await ports.ListenAsync(address, WriteWithoutEndAsync);
        using var client = await ConnectAsync(address);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        client.Shutdown(SocketShutdown.Send);

        await ended.Task.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);

        async Task WriteWithoutEndAsync(HttpContext context)
        {
            byte[] part = new byte[64 * 1024];
            try
            {
                while (!context.RequestAborted.IsCancellationRequested) await context.Response.Body.WriteAsync(part, context.RequestAborted);
            }
            catch (OperationCanceledException)
            {
                // Cut.
            }

            ended.SetResult();
        }
    }

    [Fact]
    public async Task HalfFull_AnAnswerIsTheLastOfItsConnection()
    {
        using var first = await ConnectAsync();
        await first.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        (await ReadAnswerAsync(first)).ShouldNotContain("Connection: close");

        using var second = await ConnectAsync();
        using var third = await ConnectAsync();
        await third.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());

        (await ReadToEndAsync(third)).ShouldContain("Connection: close");
    }

    [Fact]
    public async Task ManyQuestionsAtOnce_TwentyAreAnswered()
    {
        using var client = await ConnectAsync();
        await client.SendAsync(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 20))));

        string text = await ReadToEndAsync(client);

        text.Split("HTTP/1.1 200 OK").Length.ShouldBe(21);
        text.Split("Connection: close").Length.ShouldBe(2);
    }

    private static Task<HttpPorts> StartAsync(TimeSpan longest) =>
        HttpPorts.StartAsync(Most, longest, TimeProvider.System, isOfNode: connection => !Stranger.Equals((connection.RemoteEndPoint as IPEndPoint)?.Address));

    private static async Task<string> ReadAnswerAsync(Socket client)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!text.ToString().EndsWith("0\r\n\r\n", StringComparison.Ordinal))
        {
            int read = await client.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
            if (read == 0) break;
            text.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        return text.ToString();
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
        while (await client.ReceiveAsync(buffer, TestContext.Current.CancellationToken) is > 0 and var read)
            text.Append(Encoding.ASCII.GetString(buffer, 0, read));
        return text.ToString();
    }

    private Task<Socket> ConnectAsync() => ConnectAsync(_address);

    private static async Task<Socket> ConnectAsync(IPEndPoint address)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(address, TestContext.Current.CancellationToken);
        return client;
    }
}
