using System.Net;
using System.Threading.Tasks.Sources;
using UserProxy.Linux.Kernel;
using UserProxy.Policy;
using UserProxy.Tcp;

namespace UserProxy.Linux.Epoll;

/// <summary>One connect(2) under way for a client, on the client's loop; ends by an event of either socket or by the clock.</summary>
internal sealed class EpollDial : IValueTaskSource<DialResult>, IConnectionOwner, ITimed
{
    private readonly EpollConnection _client;
    private readonly EpollConnection _backend;
    private readonly DialOptions _options;
    private long _deadline;
    private ManualResetValueTaskSourceCore<DialResult> _done;

    private EpollDial(EpollConnection client, EpollConnection backend, DialOptions options)
    {
        _client = client;
        _backend = backend;
        _options = options;
        _deadline = EpollLoop.Now + (long)options.Timeout.TotalMilliseconds;
    }

    public int TimedIndex { get; set; } = -1;

    /// <summary>Must be called on the client's loop.</summary>
    public static unsafe ValueTask<DialResult> StartAsync(EpollConnection client, IPEndPoint endpoint, DialOptions options)
    {
        if (client.Faulted) return new(ConnectOutcome.ClientLeft);
        int descriptor = Libc.Socket(SockAddr.Family(endpoint));
        if (descriptor < 0) return new(ConnectOutcome.LocalFault);
        SocketSetup.SetDataOptions(descriptor);
        SocketSetup.DeferHandshakeAck(descriptor);
        if (options.Hops > 0) SocketSetup.SetHops(descriptor, SockAddr.Family(endpoint), options.Hops);
        byte* address = stackalloc byte[SockAddr.MaxLength];
        int length = SockAddr.Write(endpoint, new Span<byte>(address, SockAddr.MaxLength));
        int result = Libc.Connect(descriptor, address, length);
        bool pending = result is -Errno.EINPROGRESS or -Errno.EINTR;
        int error = result < 0 && !pending ? -result : 0;
        if (OutcomeOf(error) is not ConnectOutcome.Connected and var outcome)
        {
            Libc.Close(descriptor);
            return new(outcome);
        }

        var backend = new EpollConnection(descriptor, client.Loop, SocketSetup.LocalEndPoint(descriptor), endpoint, isClient: false);
        if (!client.TryAttach() || !backend.TryAttach())
        {
            backend.Close(reset: true);
            return new(ConnectOutcome.LocalFault);
        }

        if (!pending) return new(Connected(backend, error));
        var dial = new EpollDial(client, backend, options);
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
        End(OutcomeOf(error) is not ConnectOutcome.Connected and var outcome ? outcome : Connected(_backend, error));
    }

    public void OnTick(long nowMilliseconds)
    {
        // Closed on this side: a drain does not wait for the dial.
        if (_client.IsClosed) End(ConnectOutcome.ClientLeft);
        else if (nowMilliseconds >= _deadline && !TryGoOn(nowMilliseconds)) End(ConnectOutcome.TimedOut);
    }

    private bool TryGoOn(long nowMilliseconds)
    {
        var more = _options.AskForMore();
        _deadline = nowMilliseconds + (long)more.TotalMilliseconds;
        return more > TimeSpan.Zero;
    }

    DialResult IValueTaskSource<DialResult>.GetResult(short token) => _done.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<DialResult>.GetStatus(short token) => _done.GetStatus(token);

    void IValueTaskSource<DialResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);

    private static ConnectOutcome OutcomeOf(int errno) => SocketErrors.ToConnectOutcome(Errno.ToSocketError(errno));

    /// <summary>A dead local port inside the ephemeral range can be dialled from itself and then talks to itself: no endpoint at all.</summary>
    /// <param name="backend">Its handshake is through.</param>
    /// <param name="errno">What it has met since, which the socket does not say again; the relay acts on it.</param>
    private static DialResult Connected(EpollConnection backend, int errno)
    {
        if (errno != 0) backend.Break(errno);
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
