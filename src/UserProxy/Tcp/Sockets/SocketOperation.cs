using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;

namespace UserProxy.Tcp.Sockets;

/// <summary>
/// One reusable, awaitable socket operation whose failure is a value. The continuation runs inline on the thread that took the event, which
/// saves a hop over the thread pool. One operation at a time.
/// </summary>
internal sealed class SocketOperation : SocketAsyncEventArgs, IValueTaskSource<SocketError>
{
    private ManualResetValueTaskSourceCore<SocketError> _result;

    /// <summary>Without a captured execution context: there is nothing in it that a socket operation needs.</summary>
    public SocketOperation()
        : base(true)
    {
    }

    /// <summary>
    /// Completes when <paramref name="socket"/> has bytes, its FIN, or an error to give: a receive of zero bytes, so that a silent
    /// connection holds no buffer.
    /// </summary>
    public ValueTask<SocketError> WaitReadableAsync(Socket socket)
    {
        _result.Reset();
        return socket.ReceiveAsync(this) ? Pending : Done;
    }

    /// <summary>Sends all of <paramref name="bytes"/> unless it fails.</summary>
    public ValueTask<SocketError> SendAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        SetBuffer(MemoryMarshal.AsMemory(bytes));
        _result.Reset();
        return socket.SendAsync(this) ? Pending : Done;
    }

    public ValueTask<SocketError> ConnectAsync(Socket socket, IPEndPoint endpoint)
    {
        RemoteEndPoint = endpoint;
        _result.Reset();
        return socket.ConnectAsync(this) ? Pending : Done;
    }

    protected override void OnCompleted(SocketAsyncEventArgs e) => _result.SetResult(SocketError);

    public SocketError GetResult(short token) => _result.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _result.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _result.OnCompleted(continuation, state, token, flags);

    private ValueTask<SocketError> Pending => new(this, _result.Version);

    private ValueTask<SocketError> Done => new(SocketError);
}
