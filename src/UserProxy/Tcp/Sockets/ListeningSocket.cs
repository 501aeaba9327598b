using System.Net.Sockets;
using System.Runtime.InteropServices;
using UserProxy.Serving;

namespace UserProxy.Tcp.Sockets;

/// <summary>
/// A socket in LISTEN that loses no client when it is closed: those in its queue are accepted first. One loop at a time accepts, until it gets null. Unbound
/// from any thread. Used for Services by <see cref="SocketListener"/>, and by the HTTP servers of the executable.
/// </summary>
/// <param name="socket">In LISTEN.</param>
/// <param name="shared">Whether another process has it, too; null for never.</param>
public sealed class ListeningSocket(Socket socket, SocketSharing? shared = null) : IDisposable
{
    private const int SolSocket = 1, BindToInterfaceIndex = 62;

    /// <summary>Held while something is asked of the socket: .NET shuts one down for all that have it when it is closed meanwhile.</summary>
    private readonly Lock _inUse = new();

    /// <summary>Ends the accept that waits, which then looks what is to be done.</summary>
    private CancellationTokenSource _turn = new();

    private TaskCompletionSource? _resumed;
    private volatile bool _isUnbound;

    /// <summary>For a process that is to have it, too; stays ours.</summary>
    public SafeHandle Handle => socket.SafeHandle;

    private bool IsShared => shared is { IsShared: true };

    /// <summary>The next client; null when it is unbound and its queue is empty, and then it is closed.</summary>
    public async ValueTask<Socket?> AcceptAsync()
    {
        while (!_isUnbound)
        {
            // Before it is looked whether it pauses: a pause that comes after that ends this turn.
            var turn = Volatile.Read(ref _turn);
            if (Volatile.Read(ref _resumed) is { } resumed)
            {
                await resumed.Task;
                continue;
            }

            try
            {
                // A cancelled accept has taken nothing from the queue.
                return await socket.AcceptAsync(turn.Token);
            }
            catch (OperationCanceledException)
            {
                // Unbound: go on with what is queued.
            }
        }

        // What another process has, it serves: between a look and an accept it may have taken the client.
        if (!IsShared) return AcceptQueued();
        Dispose();
        return null;
    }

    /// <summary>Takes no client until <see cref="Resume"/>; whoever comes waits in the queue.</summary>
    public async ValueTask PauseAsync()
    {
        if (Interlocked.CompareExchange(ref _resumed, new(TaskCreationOptions.RunContinuationsAsynchronously), null) is null) await EndTurnAsync();
    }

    public void Resume() => Interlocked.Exchange(ref _resumed, null)?.TrySetResult();

    /// <summary>
    /// Shrinks the queue, so that no new clients come in: their SYN is dropped and repeated a second later (listen(2)). Those in the queue are left to
    /// <see cref="AcceptAsync"/>; closing at once would reset them.
    /// </summary>
    public async ValueTask UnbindAsync()
    {
        if (_isUnbound) return;
        try
        {
            if (!IsShared) socket.Listen(0);
        }
        catch (ObjectDisposedException)
        {
            // The accept loop has died and closed it.
        }

        _isUnbound = true;
        Resume();
        await EndTurnAsync();
    }

    /// <summary>Clients wait in its queue.</summary>
    public bool HasQueue => Use(TcpState.ReadQueue) is { Waiting: > 0 };

    /// <summary>Asks something of the socket, from any thread.</summary>
    internal T Use<T>(Func<Socket, T> ask)
    {
        lock (_inUse) return ask(socket);
    }

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

    public void Dispose()
    {
        lock (_inUse) Close();
    }

    /// <summary>Out of LISTEN for all that have it, such as a service manager that keeps it for the next process; but not for one that serves.</summary>
    private void Close()
    {
        try
        {
            if (!IsShared) socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed already, or bound and not listening.
        }

        socket.Dispose();
    }

    private Task EndTurnAsync() => Interlocked.Exchange(ref _turn, new()).CancelAsync();

    private Socket? AcceptQueued()
    {
        try
        {
            if (socket.Poll(0, SelectMode.SelectRead)) return socket.Accept();
            // Empty: close at once, before the next client comes to the one place that listen(0) leaves.
            Close();
        }
        catch (ObjectDisposedException)
        {
            // Closed by an earlier call.
        }

        return null;
    }
}
