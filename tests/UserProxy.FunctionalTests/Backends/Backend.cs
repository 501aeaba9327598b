using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Support;
using UserProxy.Model;

namespace UserProxy.FunctionalTests.Backends;

/// <summary>A small real server behind the proxy: what it does with each connection is one function.</summary>
internal class Backend : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Peer, bool> _open = [];
    private readonly Socket _listener;
    private readonly Task _accepting;
    private int _accepted;
    private int _finished;

    protected Backend(Socket listener, Func<Peer, Task>? serve)
    {
        _listener = listener;
        EndPoint = (IPEndPoint)listener.LocalEndPoint!;
        _accepting = serve is null ? Task.CompletedTask : AcceptAsync(serve);
    }

    public IPEndPoint EndPoint { get; }

    protected Socket Listener => _listener;

    public Endpoint Endpoint => new(EndPoint.Address, EndPoint.Port);

    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Connections whose function has ended.</summary>
    public int Finished => Volatile.Read(ref _finished);

    /// <summary>Serves each connection by <paramref name="serve"/>, then closes it.</summary>
    public static Backend Run(Func<Peer, Task> serve, IPAddress? address = null) => new(Listen(address ?? IPAddress.Loopback, backlog: 4096), serve);

    /// <summary>As <see cref="Run"/>, on a socket that already listens: one made inside a namespace.</summary>
    public static Backend RunOn(Socket listener, Func<Peer, Task> serve) => new(listener, serve);

    /// <summary>Sends back what it gets, and closes after the client's FIN.</summary>
    public static Backend Echo(IPAddress? address = null) => Run(EchoAsync, address);

    /// <summary>Answers each connection with its name and closes.</summary>
    public static Backend Named(string name) => Run(async peer =>
    {
        await peer.SendAsync(name);
        peer.FinishSending();
        await peer.ReceiveToEndAsync();
    });

    /// <summary>A port that is bound and not listening: it refuses, and nobody else gets it.</summary>
    public static Backend Refusing()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, FreePort.Next()));
        return new Backend(socket, serve: null);
    }

    public static async Task EchoAsync(Peer peer)
    {
        var buffer = new byte[64 * 1024];
        while (await peer.Socket.ReceiveAsync(buffer) is > 0 and var received) await peer.SendAsync(buffer.AsMemory(0, received));
        peer.FinishSending();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        foreach (var peer in _open.Keys) peer.Dispose();
        OnDisposed();
        _stop.Dispose();
    }

    protected virtual void OnDisposed()
    {
    }

    protected static Socket Listen(IPAddress address, int backlog)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, FreePort.Next()));
        socket.Listen(backlog);
        return socket;
    }

    private async Task AcceptAsync(Func<Peer, Task> serve)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                socket.NoDelay = true;
                Interlocked.Increment(ref _accepted);
                _ = ServeAsync(new Peer(socket), serve);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Stopped, or a client that was gone already.
            }
        }
    }

    private async Task ServeAsync(Peer peer, Func<Peer, Task> serve)
    {
        _open[peer] = true;
        try
        {
            await serve(peer);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or EndOfStreamException or OperationCanceledException)
        {
            // The other side went away: what the test wants to know of it, its own function tells.
        }

        _open.TryRemove(peer, out _);
        peer.Dispose();
        Interlocked.Increment(ref _finished);
    }
}
