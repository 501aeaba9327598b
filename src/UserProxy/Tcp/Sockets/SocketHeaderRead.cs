using System.Buffers;
using System.Net.Sockets;
using UserProxy.ProxyProtocol;

namespace UserProxy.Tcp.Sockets;

/// <summary>Reads a PROXY protocol header off one accepted socket: looks at what waits, and takes what belongs to it. Waits without a buffer.</summary>
internal sealed class SocketHeaderRead(SocketConnection client, ProxyHeaderReader reader, TimeSpan timeout, TimeProvider time)
{
    private const int Reading = 0, Ended = 1, GivenUp = 2;

    private int _state;

    public async ValueTask RunAsync()
    {
        ITimer? timer = null;
        try
        {
            client.Socket.Blocking = false;
            using var readable = new SocketOperation();
            while (!TryRead())
            {
                // Most headers have come when they are looked for.
                timer ??= time.CreateTimer(static read => ((SocketHeaderRead)read!).TimeOut(), this, timeout, Timeout.InfiniteTimeSpan);
                if (await readable.WaitReadableAsync(client.Socket) != SocketError.Success) break;
            }
        }
        catch (ObjectDisposedException)
        {
            // Reset between two operations: by a drain, or because the time has passed.
        }

        timer?.Dispose();
        if (Interlocked.CompareExchange(ref _state, Ended, Reading) == Reading) reader.PeerLeft();
        else reader.TimedOut();
    }

    /// <summary>True when there is no use in waiting for more.</summary>
    private bool TryRead()
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(ProxyHeader.MaxLength);
        try
        {
            while (true)
            {
                int seen = client.Socket.Receive(rented, SocketFlags.Peek, out var error);
                if (error == SocketError.WouldBlock) return false;
                if (error != SocketError.Success || seen == 0) return true;
                if (!TryTake(rented.AsSpan(0, reader.Look(rented.AsSpan(0, seen)))) || reader.IsOver) return true;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Reads so many bytes that are known to be there.</summary>
    private bool TryTake(Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int received = client.Socket.Receive(bytes, SocketFlags.None, out var error);
            if (received == 0 || error != SocketError.Success) return false;
            bytes = bytes[received..];
        }

        return true;
    }

    /// <summary>Closing the socket ends the wait.</summary>
    private void TimeOut()
    {
        if (Interlocked.CompareExchange(ref _state, GivenUp, Reading) == Reading) client.Reset();
    }
}
