using System.Net;
using System.Net.Sockets;
using System.Text;
using UserProxy.Scenarios.Paths;

namespace UserProxy.Scenarios.Tests.Paths;

/// <summary>The old userspace mode's habits, the bad ones included: they are what its row measures.</summary>
public sealed class UserspaceRelayTests : IDisposable
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private readonly List<Socket> _sockets = [];

    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());

    [Fact]
    public async Task Bytes_GoBothWays_AndEndpointsTakeTurns()
    {
        var (one, other) = (Listen(), Listen());
        var relay = Start(one, other);

        foreach (var server in new[] { one, other, one })
        {
            var client = await ConnectAsync(relay);
            var accepted = await AcceptAsync(server);
            await client.SendAsync("ask"u8.ToArray(), Stop);
            (await ReadAsync(accepted)).ShouldBe("ask");
            await accepted.SendAsync("answer"u8.ToArray(), Stop);
            (await ReadAsync(client)).ShouldBe("answer");
        }
    }

    [Fact]
    public async Task RefusedEndpoint_IsPassedOver()
    {
        var (dead, alive) = (Listen(), Listen());
        var address = (IPEndPoint)dead.LocalEndPoint!;
        dead.Dispose();
        var relay = Start(address, (IPEndPoint)alive.LocalEndPoint!);

        var client = await ConnectAsync(relay);
        await (await AcceptAsync(alive)).SendAsync("here"u8.ToArray(), Stop);

        (await ReadAsync(client)).ShouldBe("here");
    }

    /// <summary>The client's connect succeeds, and then the connection ends: nobody said that there is no Pod.</summary>
    [Fact]
    public async Task NoEndpointAnswers_ClosesAnAcceptedConnection()
    {
        var dead = Listen();
        var address = (IPEndPoint)dead.LocalEndPoint!;
        dead.Dispose();

        var client = await ConnectAsync(Start(address));

        (await ReadAsync(client)).ShouldBe("");
    }

    /// <summary>No half-close: the answer to a client that has said everything is lost.</summary>
    [Fact]
    public async Task EndOfOneSide_ClosesBoth()
    {
        var server = Listen();
        var client = await ConnectAsync(Start(server));
        var accepted = await AcceptAsync(server);

        client.Shutdown(SocketShutdown.Send);

        (await ReadAsync(accepted)).ShouldBe("");
        (await ReadAsync(client)).ShouldBe("");
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("listening 40001 40002", null)] // the line may not be whole
    [InlineData("listening 40001 40002\n", new[] { 40001, 40002 })]
    [InlineData("something\nlistening 1\n", new[] { 1 })]
    public void Ports_AreReadWhenTheLineIsWhole(string output, int[]? expected) => UserspaceCommand.PortsOf(output).ShouldBe(expected);

    private IPEndPoint Start(params Socket[] endpoints) => Start([.. endpoints.Select(endpoint => (IPEndPoint)endpoint.LocalEndPoint!)]);

    private IPEndPoint Start(params IPEndPoint[] endpoints)
    {
        var listener = Listen();
        _ = new UserspaceRelay(endpoints).AcceptLoopAsync(listener);
        return (IPEndPoint)listener.LocalEndPoint!;
    }

    private Socket Listen()
    {
        var socket = Keep(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }

    private async Task<Socket> ConnectAsync(IPEndPoint address)
    {
        var socket = Keep(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await socket.ConnectAsync(address, Stop);
        return socket;
    }

    private async Task<Socket> AcceptAsync(Socket listener) => Keep(await listener.AcceptAsync(Stop));

    private Socket Keep(Socket socket)
    {
        _sockets.Add(socket);
        return socket;
    }

    /// <summary>Empty at the end, whichever way it comes.</summary>
    private static async Task<string> ReadAsync(Socket socket)
    {
        var buffer = new byte[100];
        try
        {
            return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, Stop));
        }
        catch (SocketException)
        {
            return "";
        }
    }
}
