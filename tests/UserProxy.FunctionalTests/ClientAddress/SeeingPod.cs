using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using UserProxy.FunctionalTests.Cluster;

namespace UserProxy.FunctionalTests.ClientAddress;

/// <summary>A Pod that answers each connection and datagram with the address that it sees as its client's, and its name: on <see cref="Port"/>.</summary>
internal sealed class SeeingPod : IDisposable
{
    public const int Port = 8080;

    private readonly List<Socket> _sockets = [];
    private readonly ConcurrentBag<Func<byte[], Task>> _clients = [];
    private readonly Socket _datagrams = null!;

    public SeeingPod(Host host)
    {
        Host = host;
        foreach (var any in new[] { IPAddress.Any, IPAddress.IPv6Any })
        {
            var (stream, datagrams) = (host.Listen(any, Port), host.Datagrams(any, Port));
            _sockets.AddRange([stream, datagrams]);
            if (any.Equals(IPAddress.Any)) _datagrams = datagrams;
            _ = AcceptAsync(stream);
            _ = AnswerAsync(datagrams);
        }
    }

    public Host Host { get; }

    /// <summary>One more to somebody who asked long ago, over IPv4; its name tells it from the others.</summary>
    public async Task AnswerLateAsync(IPEndPoint seen) => await _datagrams.SendToAsync(Encoding.ASCII.GetBytes($"{seen} late\n"), seen);

    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());

    /// <summary>To all connections and to whom datagrams have come from, without being asked.</summary>
    public Task SpeakAsync(string text) => Task.WhenAll(_clients.Select(say => say(Encoding.ASCII.GetBytes(text))));

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            try
            {
                _ = ServeAsync(await listener.AcceptAsync());
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    /// <summary>Says whom it sees, then echoes to the end.</summary>
    private async Task ServeAsync(Socket client)
    {
        using (client)
        {
            try
            {
                await client.SendAsync(Encoding.ASCII.GetBytes($"{client.RemoteEndPoint} {Host.Name}\n"));
                _clients.Add(bytes => client.SendAsync(bytes));
                byte[] buffer = new byte[256];
                while (await client.ReceiveAsync(buffer) is > 0 and var length) await client.SendAsync(buffer.AsMemory(0, length));
                client.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException)
            {
                // The client's end says what became of it.
            }
        }
    }

    private async Task AnswerAsync(Socket socket)
    {
        byte[] buffer = new byte[2048];
        EndPoint any = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (true)
        {
            try
            {
                var received = await socket.ReceiveFromAsync(buffer, any);
                _clients.Add(bytes => socket.SendToAsync(bytes, received.RemoteEndPoint));
                await socket.SendToAsync(Encoding.ASCII.GetBytes($"{received.RemoteEndPoint} {Host.Name}\n"), received.RemoteEndPoint);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
