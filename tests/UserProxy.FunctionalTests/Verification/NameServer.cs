using System.Net;
using System.Net.Sockets;

namespace UserProxy.FunctionalTests.Verification;

/// <summary>A resolver that knows one address for every name, or none: answers questions for A, and has nothing else.</summary>
internal sealed class NameServer : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly Task _answering;

    /// <param name="socket">Bound; owned from now on.</param>
    /// <param name="address">Null: no such name.</param>
    public NameServer(Socket socket, IPAddress? address)
    {
        _socket = socket;
        _answering = AnswerAsync(address);
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _answering;
    }

    private async Task AnswerAsync(IPAddress? address)
    {
        byte[] buffer = new byte[512];
        try
        {
            while (true)
            {
                var asked = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0));
                byte[] question = buffer[..asked.ReceivedBytes];
                // The last four bytes are type and class; type 1 is A.
                bool isA = question[^3] == 1;
                byte[] answer = isA && address is not null
                    ? [0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, .. address.GetAddressBytes()]
                    : [];
                question[2] = 0x84;
                question[3] = (byte)(address is null ? 3 : 0);
                question[7] = (byte)(answer.Length > 0 ? 1 : 0);
                await _socket.SendToAsync((byte[])[.. question, .. answer], SocketFlags.None, asked.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed of.
        }
    }
}
