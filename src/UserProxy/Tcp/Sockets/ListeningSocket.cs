using System.Net.Sockets;
using UserProxy.Serving;

namespace UserProxy.Tcp.Sockets;

/// <summary>
/// A socket in LISTEN that loses no client when it is closed: those in its queue are accepted first. One loop at a time accepts, until it gets null. Unbound
/// from any thread. Used for Services by <see cref="SocketListener"/>, and by the HTTP servers of the executable.
/// </summary>
/// <param name="socket">In LISTEN.</param>
public sealed class ListeningSocket(Socket socket) : IDisposable
{
    private const int SolSocket = 1, BindToInterfaceIndex = 62;

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
    /// Shrinks the queue, so that no new clients come in: their SYN is dropped and repeated a second later (listen(2)). Those in the queue are left to
    /// <see cref="AcceptAsync"/>; closing at once would reset them.
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

    /// <summary>Clients wait in its queue.</summary>
    public bool HasQueue => TcpState.ReadQueue(socket) is { Waiting: > 0 };

    /// <summary>
    /// As <see cref="IPortPart.StepAside"/>: bound to a link that nobody has, it is met by no SYN any more (SO_BINDTOIFINDEX, Linux 5.0). Handshakes that have
    /// begun know it by themselves, and what is in its queue stays there.
    /// </summary>
    public void StepAside()
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            socket.SetRawSocketOption(SolSocket, BindToInterfaceIndex, BitConverter.GetBytes(int.MaxValue));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // An older kernel, or the accept loop has died and closed it.
        }
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
