using System.Net;
using System.Net.Sockets;
using System.Text;
using UserProxy.FunctionalTests.Cluster;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.ClientAddress;

/// <summary>What a client is and what a <see cref="SeeingPod"/> has seen of it.</summary>
/// <param name="Client">The client's own address and port.</param>
/// <param name="Seen">As the Pod says.</param>
/// <param name="Pod">Its name.</param>
internal sealed record Sight(IPEndPoint Client, IPEndPoint Seen, string Pod)
{
    public bool IsKept => Client.Address.Equals(Seen.Address);

    public bool IsWithPort => Client.Equals(Seen);
}

/// <summary>Clients of the tests, in any host.</summary>
internal static class Asking
{
    /// <summary>Connects, hears whom the Pod sees, and leaves the connection open.</summary>
    public static async Task<(Sight Sight, Socket Socket)> ConnectAsync(this Host host, IPAddress address, int port, int ownPort = 0)
    {
        var socket = NamespaceThread.Run(host.Namespace, () => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        try
        {
            if (ownPort != 0)
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
                socket.Bind(new IPEndPoint(OwnOf(host, address), ownPort));
            }

            using var deadline = new CancellationTokenSource(Eventually.Patience);
            await socket.ConnectAsync(new IPEndPoint(address, port), deadline.Token);
            byte[] buffer = new byte[256];
            int length = 0;
            while (!buffer.AsSpan(0, length).Contains((byte)'\n'))
            {
                int received = await socket.ReceiveAsync(buffer.AsMemory(length), deadline.Token);
                if (received == 0) throw new IOException("closed before it was answered");
                length += received;
            }

            return (Read(socket, buffer.AsSpan(0, length)), socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public static async Task<Sight> SeeAsync(this Host host, IPAddress address, int port)
    {
        var (sight, socket) = await host.ConnectAsync(address, port);
        socket.Dispose();
        return sight;
    }

    /// <summary>Some at a time.</summary>
    public static async Task<IReadOnlyList<Sight>> SeeManyAsync(this Host host, IPAddress address, int port, int count)
    {
        var sights = new System.Collections.Concurrent.ConcurrentBag<Sight>();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, _) => sights.Add(await host.SeeAsync(address, port)));
        return [.. sights];
    }

    /// <summary>By datagrams, each asked until it is answered.</summary>
    public static async Task<Sight> SeeByDatagramAsync(this Host host, IPAddress address, int port)
    {
        using var socket = host.Datagrams(OwnOf(host, address), 0);
        return await socket.SeeAsync(address, port);
    }

    /// <summary>Some at a time, each from a port of its own.</summary>
    public static async Task<IReadOnlyList<Sight>> SeeManyByDatagramAsync(this Host host, IPAddress address, int port, int count)
    {
        var sights = new System.Collections.Concurrent.ConcurrentBag<Sight>();
        await Parallel.ForAsync(
            0, count, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, _) => sights.Add(await host.SeeByDatagramAsync(address, port)));
        return [.. sights];
    }

    /// <summary>The same with a socket that stays.</summary>
    public static async Task<Sight> SeeAsync(this Socket socket, IPAddress address, int port)
    {
        byte[] buffer = new byte[256];
        var target = new IPEndPoint(address, port);
        using var deadline = new CancellationTokenSource(Eventually.Patience);
        while (true)
        {
            await socket.SendToAsync("?"u8.ToArray(), target, deadline.Token);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token);
            patience.CancelAfter(TimeSpan.FromSeconds(2));
            try
            {
                var any = target.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any;
                while (true)
                {
                    var received = await socket.ReceiveFromAsync(buffer, new IPEndPoint(any, 0), patience.Token);
                    // Another Service was asked twice before.
                    if (received.RemoteEndPoint.Equals(target)) return Read(socket, buffer.AsSpan(0, received.ReceivedBytes));
                }
            }
            catch (OperationCanceledException) when (!deadline.IsCancellationRequested)
            {
                // Asked again: a datagram may be lost.
            }
        }
    }

    private static IPAddress OwnOf(Host host, IPAddress target) => target.AddressFamily == AddressFamily.InterNetwork ? host.Address : host.Address6;

    private static Sight Read(Socket socket, ReadOnlySpan<byte> answer)
    {
        string[] words = Encoding.ASCII.GetString(answer).Trim().Split(' ');
        return new Sight((IPEndPoint)socket.LocalEndPoint!, IPEndPoint.Parse(words[0]), words[1]);
    }
}
