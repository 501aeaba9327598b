using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace UserProxy.FunctionalTests.Support;

/// <summary>One end of a TCP connection in a test, client or backend. Every operation has a deadline.</summary>
internal sealed class Peer(Socket socket) : IDisposable
{
    private static readonly TimeSpan Deadline = Eventually.Patience;

    public Socket Socket { get; } = socket;

    public static async Task<Peer> ConnectAsync(IPEndPoint endpoint, IPAddress? from = null, int? receiveBuffer = null)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (receiveBuffer is { } size) socket.ReceiveBufferSize = size;
            if (from is not null) socket.Bind(new IPEndPoint(from, 0));
            using var deadline = new CancellationTokenSource(Deadline);
            await socket.ConnectAsync(endpoint, deadline.Token);
            return new Peer(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (bytes.Length > 0) bytes = bytes[await Socket.SendAsync(bytes, deadline.Token)..];
    }

    public Task SendAsync(string text) => SendAsync(Encoding.ASCII.GetBytes(text));

    /// <summary>FIN.</summary>
    public void FinishSending() => Socket.Shutdown(SocketShutdown.Send);

    /// <summary>RST.</summary>
    public void Reset() => Socket.Close(timeout: 0);

    public async Task<string> ReceiveTextAsync(int length) => Encoding.ASCII.GetString(await ReceiveAsync(length));

    /// <summary>Exactly so many bytes.</summary>
    public async Task<byte[]> ReceiveAsync(int length)
    {
        var bytes = new byte[length];
        using var deadline = new CancellationTokenSource(Deadline);
        for (int at = 0; at < length;)
        {
            int received = await Socket.ReceiveAsync(bytes.AsMemory(at), deadline.Token);
            if (received == 0) throw new EndOfStreamException($"FIN after {at} of {length} bytes");
            at += received;
        }

        return bytes;
    }

    public async Task<Received> ReceiveToEndAsync()
    {
        using var all = new MemoryStream();
        var end = await ReceiveToEndAsync(bytes => all.Write(bytes));
        return new Received(all.ToArray(), end);
    }

    /// <summary>Reads to the end without keeping the bytes.</summary>
    public async Task<(long Count, byte[] Hash, StreamEnd End)> HashToEndAsync()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long count = 0;
        var end = await ReceiveToEndAsync(bytes =>
        {
            hash.AppendData(bytes);
            count += bytes.Length;
        });
        return (count, hash.GetHashAndReset(), end);
    }

    /// <summary>Sends a message and expects it back.</summary>
    public async Task<string> AskAsync(string message)
    {
        await SendAsync(message);
        return await ReceiveTextAsync(message.Length);
    }

    public void Dispose() => Socket.Dispose();

    private async Task<StreamEnd> ReceiveToEndAsync(Action<ReadOnlySpan<byte>> take)
    {
        var buffer = new byte[64 * 1024];
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            while (true)
            {
                int received = await Socket.ReceiveAsync(buffer, deadline.Token);
                if (received == 0) return StreamEnd.Fin;
                take(buffer.AsSpan(0, received));
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return StreamEnd.Reset;
        }
    }
}
