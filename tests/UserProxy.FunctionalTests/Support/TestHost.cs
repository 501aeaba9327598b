using System.Net;
using System.Net.Sockets;

namespace UserProxy.FunctionalTests.Support;

/// <summary>One host of a <see cref="TestLink"/>: sockets and programs inside its network namespace.</summary>
internal sealed class TestHost(string name, IPAddress four, IPAddress six)
{
    public static readonly TimeSpan Patience = Eventually.Patience;

    public string Name => name;

    public IPAddress Four => four;

    public IPAddress Six => six;

    public T Inside<T>(Func<T> work) => NamespaceThread.Run(name, work);

    /// <summary>ip(8) in this host.</summary>
    public Task<string> IpAsync(string arguments) => Tool.RunAsync("ip", ["-n", name, .. arguments.Split(' ')]);

    /// <summary>nft(8) in this host, one command.</summary>
    public Task<string> NftAsync(string arguments) => Tool.RunAsync("ip", ["netns", "exec", name, "nft", .. arguments.Split(' ')]);

    /// <summary>How many routes of ours, and which.</summary>
    public async Task<IReadOnlyList<string>> OurRoutesAsync()
    {
        string four = await IpAsync("-4 route show table local proto 117");
        string six = await IpAsync("-6 route show table local proto 117");
        return [.. (four + six).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[1])];
    }

    /// <summary>Accepts for as long as the socket lives; the wildcard address takes both families.</summary>
    public Socket Listen(IPAddress address, int port) => Inside(() =>
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
        else if (address.AddressFamily == AddressFamily.InterNetworkV6) FreeBind(socket);
        socket.Bind(new IPEndPoint(address, port));
        socket.Listen();
        return socket;
    });

    public Socket Datagrams(IPAddress address, int port) => Inside(() =>
    {
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        if (address.AddressFamily == AddressFamily.InterNetworkV6) FreeBind(socket);
        socket.Bind(new IPEndPoint(address, port));
        return socket;
    });

    /// <summary>What a connection attempt comes to; TimedOut when nothing answers.</summary>
    public async Task<SocketError> ConnectAsync(IPAddress address, int port)
    {
        using var socket = Inside(() => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), limit.Token);
            return SocketError.Success;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
        catch (OperationCanceledException)
        {
            return SocketError.TimedOut;
        }
    }

    // IPV6_FREEBIND of ipv6(7): an address that only a local route makes ours is not assigned to an interface, and bind would refuse it.
    private static void FreeBind(Socket socket) => socket.SetRawSocketOption(41, 78, BitConverter.GetBytes(1));
}
