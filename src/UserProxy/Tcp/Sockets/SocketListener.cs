using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using UserProxy.Serving;

namespace UserProxy.Tcp.Sockets;

/// <summary>One listening socket of <see cref="SocketTransport"/>. Accepted from by one loop at a time; unbound from any thread.</summary>
/// <param name="socket">In LISTEN.</param>
/// <param name="setFilter">Has the system discard the SYNs of clients that are not admitted; null where it cannot.</param>
/// <param name="isFiltered">Whether that has been done for the admission that the socket began with.</param>
internal sealed class SocketListener(Socket socket, SetSynFilter? setFilter, bool isFiltered) : IFilteredListener
{
    private readonly CancellationTokenSource _unbound = new();

    public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

    public bool IsFiltered { get; private set; } = isFiltered;

    public void SetAdmission(Admission? admission) =>
        IsFiltered = setFilter?.Invoke(socket.SafeHandle, socket.AddressFamily, admission) ?? admission is null;

    public AcceptQueue? ReadQueue() => TcpState.ReadQueue(socket);

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (!_unbound.IsCancellationRequested)
        {
            try
            {
                // A cancelled accept has taken nothing from the queue.
                return new SocketConnection(await socket.AcceptAsync(_unbound.Token));
            }
            catch (OperationCanceledException)
            {
                // Unbound: go on with what is queued.
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.NotConnected)
            {
                // The client was gone before its address could be asked for: the next one.
            }
        }

        return AcceptQueued();
    }

    /// <summary>
    /// Shrinks the queue, so that new clients are not let in (their SYN is dropped and repeated a second later, listen(2)), and leaves those
    /// in it to <see cref="AcceptAsync"/>. Closing at once would reset them.
    /// </summary>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        if (_unbound.IsCancellationRequested) return ValueTask.CompletedTask;
        socket.Listen(0);
        return new(_unbound.CancelAsync());
    }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private SocketConnection? AcceptQueued()
    {
        try
        {
            if (socket.Poll(0, SelectMode.SelectRead)) return new SocketConnection(socket.Accept());
            // Empty: close at once, before the next client comes to the one place that listen(0) leaves.
            socket.Dispose();
        }
        catch (ObjectDisposedException)
        {
            // Closed by an earlier call.
        }

        return null;
    }
}
