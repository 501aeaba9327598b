using System.Threading.Tasks.Sources;
using UserProxy.Linux.Kernel;
using UserProxy.Policy;
using UserProxy.Tcp;
using UserProxy.Udp;

namespace UserProxy.Linux.Loops;

/// <summary>One connect(2) under way for a client, on the client's loop; ends by the backend's answer, by the client's reset, or by the clock.</summary>
internal abstract class LoopDial : IValueTaskSource<DialResult>, IConnectionOwner, ITimed
{
    private readonly DialOptions _options;
    private long _deadline;
    private bool _isOver;
    private ManualResetValueTaskSourceCore<DialResult> _done;

    protected LoopDial(LoopConnection client, DialOptions options)
    {
        Client = client;
        _options = options;
        _deadline = EventLoop.Now + (long)options.Timeout.TotalMilliseconds;
    }

    public int TimedIndex { get; set; } = -1;

    protected LoopConnection Client { get; }

    public void OnReady(LoopConnection connection)
    {
        if (connection != Client) OnBackendReady();
        // RST only: a client that has sent FIN still wants its answer, and bytes that it has sent wait.
        else if (Client.Faulted) End(ConnectOutcome.ClientLeft);
    }

    public void OnBroken() => End(ConnectOutcome.ClientLeft);

    public void OnTick(long nowMilliseconds)
    {
        // Closed on this side: a drain does not wait for the dial.
        if (Client.IsClosed) End(ConnectOutcome.ClientLeft);
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

    protected static ConnectOutcome OutcomeOf(int errno) => SocketErrors.ToConnectOutcome(Errno.ToSocketError(errno));

    /// <summary>A dead local port inside the ephemeral range can be dialled from itself and then talks to itself: no endpoint at all.</summary>
    /// <param name="backend">Its handshake is through.</param>
    /// <param name="errno">What it has met since, which the socket does not say again; the relay acts on it.</param>
    protected static DialResult Connected(LoopConnection backend, int errno)
    {
        if (errno != 0) backend.Break(errno);
        var own = SocketSetup.LocalAddress(backend.Descriptor);
        backend.SetLocal(own);
        if (own != DatagramAddress.From(backend.Remote)) return new(ConnectOutcome.Connected, backend);
        backend.Close(reset: true);
        return ConnectOutcome.LocalFault;
    }

    /// <summary>Waits for what comes first.</summary>
    protected ValueTask<DialResult> WaitAsync()
    {
        Client.Owner = this;
        Client.Loop.Soon.Add(this, EventLoop.Now);
        return new ValueTask<DialResult>(this, _done.Version);
    }

    protected void End(DialResult result)
    {
        if (_isOver) return;
        _isOver = true;
        Client.Loop.Soon.Remove(this);
        Client.Owner = null;
        Leave(isConnected: result.Connection is not null);
        _done.SetResult(result);
    }

    /// <summary>Events have come for the backend.</summary>
    protected abstract void OnBackendReady();

    /// <summary>The dial is over: lets go of the backend, and closes it unless it is the result.</summary>
    protected abstract void Leave(bool isConnected);
}
