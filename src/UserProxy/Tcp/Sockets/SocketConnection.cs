using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using UserProxy.Tracing;

namespace UserProxy.Tcp.Sockets;

/// <summary>
/// One connected socket of <see cref="SocketTransport"/>, accepted or dialled: what a <see cref="PipeRelay"/> has learned of its peer, and its two ways to end.
/// </summary>
internal sealed class SocketConnection(Socket socket, IPEndPoint local, IPEndPoint remote) : TransportConnection(local, remote)
{
    private static readonly LingerOption ResetOnClose = new(true, 0), FinishOnClose = new(false, 0);

    /// <summary>Held while it is set how the socket ends: an orderly end must not become a reset.</summary>
    private readonly Lock _ending = new();

    private IDuplexPipe? _transport;
    private bool _closed;
    private bool _resetsOnClose;
    private int _error;
    private volatile bool _finSent;
    private bool _isCorked;

    /// <summary>An accepted one: asks the kernel for its addresses.</summary>
    public SocketConnection(Socket accepted)
        : this(accepted, (IPEndPoint)accepted.LocalEndPoint!, (IPEndPoint)accepted.RemoteEndPoint!)
    {
    }

    public Socket Socket { get; } = socket;

    /// <summary>The peer has reset it, or does not answer.</summary>
    public bool IsBroken => Volatile.Read(ref _error) != 0;

    /// <summary>It is broken because the peer does not answer: keepalive or retransmission gave up.</summary>
    public bool TimedOut => (SocketError)Volatile.Read(ref _error) == SocketError.TimedOut;

    public override PipeScheduler Scheduler => PipeScheduler.ThreadPool;

    /// <summary>For code written against ConnectionContext; a relay uses the socket.</summary>
    public override IDuplexPipe Transport { get => _transport ??= new StreamPipe(new NetworkStream(Socket)); set => _transport = value; }

    /// <summary>
    /// Whether the peer has sent RST, asked without reading its bytes: a zero-byte receive would be satisfied by bytes that wait, and
    /// POLLERR cannot be told from urgent data. SO_ERROR is told once, so it is noted as by <see cref="Break"/>.
    /// </summary>
    public bool TakeReset()
    {
        try
        {
            var error = (SocketError)(int)Socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
            if (error == SocketError.Success) return false;
            Break(error);
            return true;
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            return true;
        }
    }

    /// <summary>Takes note of an error that a read or a write returned; the first one counts. From any thread.</summary>
    public void Break(SocketError error) => Interlocked.CompareExchange(ref _error, (int)error, 0);

    /// <summary>
    /// Whether an end of stream that was read is a reset. An error is told to one caller only: a write may have taken it, and may not have said so yet. The
    /// state tells as long as our own FIN is not out: after two FINs the socket is closed as well.
    /// </summary>
    public bool WasReset()
    {
        // The state first: it must be that of before our FIN.
        bool closed = TcpState.Read(Socket) is { IsClosed: true };
        return IsBroken || (closed && !_finSent);
    }

    /// <summary>Sends FIN; reading goes on.</summary>
    public void FinishSending()
    {
        _finSent = true;
        try
        {
            Socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Reset meanwhile: the half that reads from it says so.
        }
    }

    public override int Peek(Span<byte> bytes)
    {
        try
        {
            return Socket.Available == 0 ? 0 : Socket.Receive(bytes, SocketFlags.Peek, out _);
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            return 0;
        }
    }

    public override void SendFirst(ReadOnlySpan<byte> bytes, TransportConnection client)
    {
        if (IsBroken) return;
        try
        {
            _isCorked = ((SocketConnection)client).Socket.Available > 0;
            if (_isCorked) SetCork(on: true);
            int sent = Socket.Send(bytes, SocketFlags.None, out var error);
            if (error != SocketError.Success || sent < bytes.Length) Break(error == SocketError.Success ? SocketError.NoBufferSpaceAvailable : error);
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            Break(SocketError.OperationAborted);
        }
    }

    /// <summary>What <see cref="SendFirst"/> has held back leaves: what the client had sent is behind it now.</summary>
    public void Uncork()
    {
        if (!_isCorked) return;
        _isCorked = false;
        try
        {
            SetCork(on: false);
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // Reset meanwhile; else the kernel lets go of it by itself after 200 ms.
        }
    }

    public override int ReadHops()
    {
        if (!OperatingSystem.IsLinux()) return 0;
        // IP_MULTICAST_TTL (ip(7)), IPV6_MULTICAST_HOPS (ipv6(7)): .NET asks in other words for stream sockets.
        var (level, option) = Socket.AddressFamily == AddressFamily.InterNetworkV6 ? (41, 18) : (0, 33);
        Span<byte> hops = stackalloc byte[sizeof(int)];
        try
        {
            return Socket.GetRawSocketOption(level, option, hops) == sizeof(int) ? BitConverter.ToInt32(hops) : 0;
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            return 0;
        }
    }

    public override TcpLeg? ReadLeg() => TcpState.ReadLeg(Socket);

    public override void Abort(ConnectionAbortedException abortReason) => Reset();

    public override ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// The system ends it with RST when the process dies (SO_LINGER of socket(7)), so that nobody takes half a message for all of it. From any thread.
    /// </summary>
    public void ResetWhenProcessDies()
    {
        lock (_ending)
        {
            if (!_closed) SetReset(on: true);
        }
    }

    /// <summary>RST: linger with time zero (socket(7)). A receive or send that is pending ends with OperationAborted.</summary>
    public void Reset()
    {
        lock (_ending)
        {
            if (_closed) return;
            _closed = true;
            SetReset(on: true);
        }

        Socket.Dispose();
    }

    /// <summary>FIN. The shutdown comes first because Dispose with an operation pending sends RST to a healthy peer unless there was one.</summary>
    public void Close()
    {
        lock (_ending)
        {
            if (_closed) return;
            _closed = true;
            SetReset(on: false);
        }

        try
        {
            Socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // Not connected any more: nothing to end.
        }

        Socket.Dispose();
    }

    private void SetReset(bool on)
    {
        if (_resetsOnClose == on) return;
        try
        {
            Socket.LingerState = on ? ResetOnClose : FinishOnClose;
            _resetsOnClose = on;
        }
        catch (SocketException)
        {
            // Some systems refuse the option on a socket that its peer has reset: then there is nobody left to tell.
        }
    }

    /// <summary>TCP_CORK (tcp(7)), by number: .NET has no name for it, nor for MSG_MORE.</summary>
    private void SetCork(bool on)
    {
        if (!OperatingSystem.IsLinux()) return;
        Span<byte> value = stackalloc byte[sizeof(int)];
        BitConverter.TryWriteBytes(value, on ? 1 : 0);
        Socket.SetRawSocketOption(6, 3, value);
    }

    private sealed class StreamPipe(NetworkStream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(stream);

        public PipeWriter Output { get; } = PipeWriter.Create(stream);
    }
}
