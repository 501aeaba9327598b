using System.Net.Sockets;

namespace UserProxy.Tcp.Sockets;

/// <summary>
/// A socket in LISTEN that lets nobody down when it is closed: who is in its queue then is accepted. Accepted from by one loop at a time, which is to go on until it is
/// told null; unbound from any thread. Used for Services by <see cref="SocketListener"/>, and by the HTTP servers of the executable.
/// </summary>
/// <param name="socket">In LISTEN.</param>
public sealed class ListeningSocket(Socket socket) : IDisposable
{
    private readonly CancellationTokenSource _unbound = new();

    /// <summary>The next client; null when it is unbound and its queue is empty, and then it is closed.</summary>
    public async ValueTask<Socket?> AcceptAsync()
    {
        while (!_unbound.IsCancellationRequested)
        {
            try
            {
                // A cancelled accept has taken nothing from the queue.
                return await socket.AcceptAsync(_unbound.Token);
            }
            catch (OperationCanceledException)
            {
                // Unbound: go on with what is queued.
            }
        }

        return AcceptQueued();
    }

    /// <summary>
    /// Shrinks the queue, so that new clients are not let in (their SYN is dropped and repeated a second later, listen(2)), and leaves those
    /// in it to <see cref="AcceptAsync"/>. Closing at once would reset them.
    /// </summary>
    public async ValueTask UnbindAsync()
    {
        if (_unbound.IsCancellationRequested) return;
        try
        {
            socket.Listen(0);
        }
        catch (ObjectDisposedException)
        {
            // The accept loop has died and closed it.
        }

        await _unbound.CancelAsync();
    }

    public void Dispose() => socket.Dispose();

    private Socket? AcceptQueued()
    {
        try
        {
            if (socket.Poll(0, SelectMode.SelectRead)) return socket.Accept();
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
