using System.Net;
using System.Threading.Tasks.Sources;
using UserProxy.Serving;
using UserProxy.Tcp;

namespace UserProxy.Linux.Epoll;

/// <summary>One connect(2) under way for a client, on the client's loop; ends by an event of either socket or by the clock.</summary>
internal sealed class EpollDial : IValueTaskSource<DialResult>, IConnectionOwner, ITimed
{
    private readonly EpollConnection _client;
    private readonly EpollConnection _backend;
    private readonly long _deadline;
    private ManualResetValueTaskSourceCore<DialResult> _done;

    private EpollDial(EpollConnection client, EpollConnection backend, TimeSpan timeout)
    {
        _client = client;
        _backend = backend;
        _deadline = EpollLoop.Now + (long)timeout.TotalMilliseconds;
    }

    public int TimedIndex { get; set; } = -1;

    /// <summary>Must be called on the client's loop.</summary>
    public static unsafe ValueTask<DialResult> StartAsync(EpollConnection client, IPEndPoint endpoint, TimeSpan timeout)
    {
        if (client.Faulted) return new(ConnectOutcome.ClientLeft);
        int descriptor = Libc.Socket(SocketAddress.Family(endpoint));
        if (descriptor < 0) return new(ConnectOutcome.LocalFault);
        SocketSetup.SetDataOptions(descriptor);
        SocketSetup.DeferHandshakeAck(descriptor);
        byte* address = stackalloc byte[SocketAddress.MaxLength];
        int length = SocketAddress.Write(endpoint, new Span<byte>(address, SocketAddress.MaxLength));
        int result = Libc.Connect(descriptor, address, length);
        bool pending = result is -Errno.EINPROGRESS or -Errno.EINTR;
        if (result < 0 && !pending)
        {
            Libc.Close(descriptor);
            return new(SocketErrors.ToConnectOutcome(Errno.ToSocketError(-result)));
        }

        var backend = new EpollConnection(descriptor, client.Loop, SocketSetup.LocalEndPoint(descriptor), endpoint, isClient: false);
        if (!client.TryAttach() || !backend.TryAttach())
        {
            backend.Close(reset: true);
            return new(ConnectOutcome.LocalFault);
        }

        if (!pending) return new(Connected(backend));
        var dial = new EpollDial(client, backend, timeout);
        client.Owner = backend.Owner = dial;
        client.Loop.Soon.Add(dial, EpollLoop.Now);
        return new ValueTask<DialResult>(dial, dial._done.Version);
    }

    public void OnReady(EpollConnection connection)
    {
        if (connection == _client)
        {
            // RST only: a client that has sent FIN still wants its answer, and bytes that it has sent wait in its socket.
            if (_client.Faulted) End(ConnectOutcome.ClientLeft);
            return;
        }

        int error = _backend.Faulted ? Libc.TakeError(_backend.Descriptor) : 0;
        End(error == 0 ? Connected(_backend) : SocketErrors.ToConnectOutcome(Errno.ToSocketError(error)));
    }

    public void OnTick(long nowMilliseconds)
    {
        // Closed on this side: a drain does not wait for the dial.
        if (_client.IsClosed) End(ConnectOutcome.ClientLeft);
        else if (nowMilliseconds >= _deadline) End(ConnectOutcome.TimedOut);
    }

    DialResult IValueTaskSource<DialResult>.GetResult(short token) => _done.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<DialResult>.GetStatus(short token) => _done.GetStatus(token);

    void IValueTaskSource<DialResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);

    /// <summary>A dead local port inside the ephemeral range can be dialled from itself and then talks to itself: no endpoint at all.</summary>
    private static DialResult Connected(EpollConnection backend)
    {
        if (!backend.Local.Equals(backend.Remote)) return new(ConnectOutcome.Connected, backend);
        backend.Close(reset: true);
        return ConnectOutcome.LocalFault;
    }

    private void End(DialResult result)
    {
        _client.Loop.Soon.Remove(this);
        _client.Owner = _backend.Owner = null;
        if (result.Connection is null) _backend.Close(reset: true);
        _done.SetResult(result);
    }
}
