using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;

namespace UserProxy.FunctionalTests.Backends;

/// <summary>A UDP server that answers when the test says so: with the question, to whoever sent it. What begins with "quick" is answered at once.</summary>
internal sealed class LateBackend : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly Task _serving;
    private readonly List<(byte[] Question, EndPoint From)> _owed = [];

    public LateBackend(IPAddress address)
    {
        _socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 4 << 20 };
        _socket.Bind(new IPEndPoint(address, 0));
        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        _serving = ServeAsync();
    }

    public IPEndPoint EndPoint { get; }

    public Endpoint Endpoint => new(EndPoint.Address, EndPoint.Port);

    /// <summary>Questions that were not answered yet, or are to be answered once more.</summary>
    public int Owed
    {
        get
        {
            lock (_owed) return _owed.Count;
        }
    }

    /// <summary>Answers all that it owes up to now.</summary>
    public async Task AnswerAsync()
    {
        (byte[] Question, EndPoint From)[] owed;
        lock (_owed)
        {
            owed = [.. _owed];
            _owed.Clear();
        }

        foreach (var (question, from) in owed) await _socket.SendToAsync(question, from);
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _serving;
    }

    private async Task ServeAsync()
    {
        byte[] buffer = new byte[DatagramClient.Longest6];
        EndPoint any = new IPEndPoint(_socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveFromAsync(buffer, any);
                byte[] question = buffer[..received.ReceivedBytes];
                bool isQuick = question.AsSpan().StartsWith("quick"u8);
                if (isQuick || question.AsSpan().StartsWith("twice"u8)) await _socket.SendToAsync(question, received.RemoteEndPoint);
                if (isQuick) continue;
                lock (_owed) _owed.Add((question, received.RemoteEndPoint));
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
        {
            // Stopped.
        }
    }
}
