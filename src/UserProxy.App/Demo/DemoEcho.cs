using System.Net;
using System.Net.Sockets;
using System.Text;

namespace UserProxy.App.Demo;

/// <summary>
/// The UDP half of a <see cref="DemoBackend"/>: sends every datagram back with its name in front. Gone while the backend is dead, so that the kernel refuses.
/// </summary>
internal sealed class DemoEcho(string name) : IAsyncDisposable
{
    private const int LongestDatagram = 65_507;

    private Socket? _socket;
    private Task _serving = Task.CompletedTask;

    /// <summary>Of the first start; later ones use it again.</summary>
    public int Port { get; private set; }

    public void Start()
    {
        if (_socket is not null) return;
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, Port));
        Port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        _socket = socket;
        _serving = ServeAsync(socket);
    }

    public async Task StopAsync()
    {
        _socket?.Dispose();
        _socket = null;
        await _serving;
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task ServeAsync(Socket socket)
    {
        byte[] signature = Encoding.ASCII.GetBytes($"{name}: ");
        byte[] buffer = new byte[signature.Length + LongestDatagram];
        signature.CopyTo(buffer, 0);
        try
        {
            while (true)
            {
                var received = await socket.ReceiveFromAsync(buffer.AsMemory(signature.Length), SocketFlags.None, new IPEndPoint(IPAddress.Any, 0));
                int length = Math.Min(signature.Length + received.ReceivedBytes, LongestDatagram);
                await socket.SendToAsync(buffer.AsMemory(0, length), SocketFlags.None, received.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // Stopped.
        }
    }
}
