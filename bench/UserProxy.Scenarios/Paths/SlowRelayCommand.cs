using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace UserProxy.Scenarios.Paths;

/// <summary>
/// The process behind <see cref="PlantedPath"/>: a TCP relay to other ports of this host, with a sleep before each piece that the client sends.
/// </summary>
internal static class SlowRelayCommand
{
    public const string Name = "slow-relay";

    public static async Task<int> RunAsync(TimeSpan delay, int behind, IEnumerable<int> ports)
    {
        await Task.WhenAll(ports.Select(port => AcceptLoopAsync(port, port + behind, delay)));
        return 0;
    }

    public static Task<int> RunAsync(string[] arguments)
    {
        int[] numbers = [.. arguments.Select(each => int.Parse(each, CultureInfo.InvariantCulture))];
        return RunAsync(TimeSpan.FromMilliseconds(numbers[0]), numbers[1], numbers[2..]);
    }

    private static async Task AcceptLoopAsync(int port, int to, TimeSpan delay)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Any, port));
        listener.Listen(4096);
        while (true) _ = RelayAsync(await listener.AcceptAsync(), to, delay);
    }

    private static async Task RelayAsync(Socket client, int to, TimeSpan delay)
    {
        using var from = client;
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        from.NoDelay = true;
        try
        {
            await server.ConnectAsync(new IPEndPoint(IPAddress.Loopback, to));
            await Task.WhenAll(PumpAsync(from, server, delay), PumpAsync(server, from, TimeSpan.Zero));
        }
        catch (SocketException)
        {
            // Either side has gone: both go.
        }
    }

    private static async Task PumpAsync(Socket from, Socket to, TimeSpan delay)
    {
        var buffer = new byte[64 << 10];
        while (await from.ReceiveAsync(buffer) is > 0 and var length)
        {
            if (delay > TimeSpan.Zero) await Task.Delay(delay);
            for (int sent = 0; sent < length;) sent += await to.SendAsync(buffer.AsMemory(sent, length - sent));
        }

        to.Shutdown(SocketShutdown.Send);
    }
}
