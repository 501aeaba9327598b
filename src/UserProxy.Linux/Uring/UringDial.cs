using System.Net;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Loops;
using UserProxy.Linux.Transparent;
using UserProxy.Policy;
using UserProxy.Tcp;

namespace UserProxy.Linux.Uring;

/// <summary>
/// A dial by an entry of the ring. The client is received from meanwhile: that is how its reset is seen, and what it sends first need not wait.
/// </summary>
internal sealed class UringDial : LoopDial, ILoopHandler
{
    private readonly UringLoop _loop;
    private readonly IPEndPoint _endpoint;
    private readonly int _descriptor;
    private int _owner;
    private bool _isOver;

    private UringDial(UringConnection client, int descriptor, IPEndPoint endpoint, DialOptions options)
        : base(client, options)
    {
        _loop = (UringLoop)client.Loop;
        _descriptor = descriptor;
        _endpoint = endpoint;
        _owner = _loop.AddOwner(this);
        _loop.Connect(_owner, descriptor, endpoint);
    }

    /// <summary>Must be called on the client's loop.</summary>
    public static ValueTask<DialResult> StartAsync(UringConnection client, IPEndPoint endpoint, DialOptions options)
    {
        if (client.Faulted || client.IsClosed) return new(ConnectOutcome.ClientLeft);
        int descriptor = Libc.Socket(SockAddr.Family(endpoint));
        if (descriptor < 0) return new(SocketErrors.ToLocalFault(Errno.ToSocketError(-descriptor)));
        // Before anything is asked of the ring for this number.
        if (options.Source is { } source && TransparentBind.Bind(descriptor, source) is < 0 and var refusal)
        {
            Libc.Close(descriptor);
            return new(SocketErrors.ToLocalFault(Errno.ToSocketError(-refusal)));
        }

        SocketSetup.SetDialOptions(client.Loop, descriptor, SockAddr.Family(endpoint), options.Hops);
        client.TryAttach();
        return new UringDial(client, descriptor, endpoint, options).WaitAsync();
    }

    /// <summary>The entry has ended; <paramref name="result"/> is 0 or minus errno.</summary>
    public void OnConnected(int result)
    {
        _loop.RemoveOwner(_owner);
        if (_isOver) return;
        _isOver = true;
        // The entry ends with 0 as well when an ICMP error has come while connect(2) had the socket, as a rule of this node sends it (REJECT): the handshake is
        // not through, and the socket alone tells why.
        int error = result < 0 ? -result : Libc.TakeError(_descriptor);
        if (OutcomeOf(error) is not ConnectOutcome.Connected and var outcome)
        {
            Libc.Close(_descriptor);
            End(outcome);
            return;
        }

        var backend = new UringConnection(_descriptor, _loop, local: null, _endpoint, isClient: false);
        End(Connected(backend, error));
    }

    void ILoopHandler.OnEvents(EventLoop loop, uint events)
    {
    }

    void ILoopHandler.Forget(EventLoop loop) => _owner = BufferPool.None;

    void ILoopHandler.OnBroken(EventLoop loop) => OnBroken();

    protected override void OnBackendReady()
    {
    }

    protected override void Leave(bool isConnected)
    {
        if (_isOver) return;
        _isOver = true;
        Libc.ResetOnClose(_descriptor, on: true);
        if (_owner < 0)
        {
            // The ring is gone, and holds the socket until the kernel has taken it apart.
            Libc.Disconnect(_descriptor);
            Libc.Close(_descriptor);
            return;
        }

        // The entry keeps the socket until it is cancelled; its completion finds the dial over. It may not have been submitted yet: closed at once, the number
        // would be somebody else's socket by then.
        _loop.Cancel(RingOperation.Connect, _owner);
        _loop.Close(_descriptor);
    }
}
