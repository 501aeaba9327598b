using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using UserProxy.Linux.Kernel;
using UserProxy.Tcp;
using UserProxy.Tracing;
using UserProxy.Udp;

namespace UserProxy.Linux.Loops;

/// <summary>
/// One non-blocking TCP socket on one loop: what the kernel has said about it, and its two ways to end. Moved by a <see cref="LoopRelay"/>; it has no
/// <see cref="Transport"/> pipe, because its bytes never wait in one.
/// </summary>
internal class LoopConnection : TransportConnection, ILoopHandler
{
    private int _slot = -1;
    private int _errno;
    private bool _finSent;
    private bool _heldBack;
    private bool _closed;
    private bool _resetsOnClose;

    /// <summary>Of a dialled connection, for whoever asks later; port 0 is none.</summary>
    private DatagramAddress _local;

    /// <summary>
    /// Takes over the descriptor, which <see cref="Close"/> gives back: no finalizer does. A client counts for its loop's share from here to its end.
    /// </summary>
    public LoopConnection(int descriptor, EventLoop loop, IPEndPoint? local, IPEndPoint remote, bool isClient)
        : base(local, remote)
    {
        IsClient = isClient;
        Descriptor = descriptor;
        Loop = loop;
        if (isClient) loop.CountConnection(+1);
    }

    public int Descriptor { get; }

    /// <summary>Accepted, not dialled.</summary>
    public bool IsClient { get; }

    public EventLoop Loop { get; }

    public override PipeScheduler Scheduler => Loop;

    /// <summary>A read may find something; cleared by the reader when it has found the end.</summary>
    public bool Readable { get; set; }

    /// <summary>A write may be taken; cleared by the writer when it was not.</summary>
    public bool Writable { get; set; } = true;

    /// <summary>The peer has sent FIN, which may still be behind unread bytes: read until 0.</summary>
    public bool PeerFinished { get; private set; }

    /// <summary>A read stops at an urgent byte although more is there, so a short read says nothing (tcp(7), MSG_OOB).</summary>
    public bool Urgent { get; private set; }

    /// <summary>The socket has an error: reset, or no answer from the peer. Unread bytes may still be there.</summary>
    public bool Faulted { get; private set; }

    /// <summary>Both directions are shut: by two FINs, or by a reset whose error somebody else was told.</summary>
    public bool HungUp { get; private set; }

    /// <summary>As <see cref="Faulted"/>, once the relay knows: the peer has reset it, or does not answer.</summary>
    public bool IsBroken => _errno != 0;

    /// <summary>It is broken because the peer does not answer: keepalive or retransmission gave up.</summary>
    public bool TimedOut => _errno == Errno.ETIMEDOUT;

    /// <summary>Closed by this side.</summary>
    public bool IsClosed => _closed;

    public IConnectionOwner? Owner { get; set; }

    public override int ReadHops() => _closed ? 0 : SocketSetup.ReadHops(Descriptor, SockAddr.Family(Remote));

    public override IDuplexPipe Transport
    {
        get => throw new NotSupportedException("this transport moves bytes by its relay only");
        set => throw new NotSupportedException("this transport moves bytes by its relay only");
    }

    /// <summary>Registers with the loop, once; only on the loop. False when the kernel has no room for it.</summary>
    public virtual bool TryAttach()
    {
        if (_slot < 0) _slot = Loop.AddConnection(Descriptor, this);
        return _slot >= 0;
    }

    public void OnEvents(EventLoop loop, uint events)
    {
        if ((events & Libc.EPOLLPRI) != 0) Urgent = true;
        if ((events & Libc.EPOLLRDHUP) != 0) PeerFinished = true;
        if ((events & Libc.EPOLLERR) != 0) Faulted = true;
        if ((events & Libc.EPOLLHUP) != 0) HungUp = true;
        if ((events & (Libc.EPOLLIN | Libc.EPOLLPRI | Libc.EPOLLRDHUP | Libc.EPOLLHUP | Libc.EPOLLERR)) != 0) Readable = true;
        if ((events & (Libc.EPOLLOUT | Libc.EPOLLHUP | Libc.EPOLLERR)) != 0) Writable = true;
        OnFlagged();
    }

    /// <summary>Takes note of an error that a read or a write returned; the first one counts.</summary>
    public void Break(int errno)
    {
        if (_errno == 0) _errno = errno;
    }

    /// <summary>Asks the socket for the error that the kernel has told of. Reads then give what is left and EOF.</summary>
    public void TakeFault()
    {
        if (!Faulted || IsBroken) return;
        int errno = Libc.TakeError(Descriptor);
        Break(errno == 0 ? Errno.ECONNRESET : errno);
    }

    /// <summary>
    /// Whether an end of stream that was read is a reset. The kernel tells an error to one caller only, and a splice that had moved something keeps it to
    /// itself (sk_stream_error under splice_to_socket). As long as our own FIN is not out, a closed socket means a reset; an event says so, or will.
    /// </summary>
    public unsafe bool WasReset()
    {
        if (_finSent) return false;
        if (HungUp || PeerFinished) return HungUp;
        TcpInfo info = default;
        return Libc.GetTcpInfo(Descriptor, &info) >= 0 && info.State == TcpInfo.Closed;
    }

    /// <summary>Sends FIN; reading goes on.</summary>
    public void FinishSending()
    {
        _finSent = true;
        Libc.ShutdownWrite(Descriptor);
    }

    /// <summary>
    /// The kernel ends it with RST when the process dies, so that nobody takes half a message for all of it. Costs a call here, and one at an orderly end.
    /// </summary>
    public void ResetWhenProcessDies()
    {
        if (!_resetsOnClose) _resetsOnClose = Libc.ResetOnClose(Descriptor, on: true) >= 0;
    }

    /// <summary>Has its owner told when there is something to read, before anything is read for a relay. False when the kernel has no room for it.</summary>
    public virtual bool TryWatchReading() => TryAttach();

    /// <summary>The opposite of <see cref="TryWatchReading"/>: what comes now is for a relay.</summary>
    public virtual void UnwatchReading()
    {
    }

    public override unsafe int Peek(Span<byte> bytes)
    {
        if (_closed) return 0;
        fixed (byte* to = bytes) return Math.Max(0, Libc.Peek(Descriptor, to, bytes.Length));
    }

    public override unsafe TcpLeg? ReadLeg()
    {
        TcpInfo info = default;
        if (_closed || Libc.GetTcpInfo(Descriptor, &info) < 0) return null;
        return TcpLeg.Of(info.Rtt, info.RttVariance, info.Retransmits, info.CongestionWindow, info.SegmentSize, info.LastDataSent);
    }

    /// <summary>Kept back for what the client has sent, until <see cref="SendHandshakeAck"/>.</summary>
    public override unsafe void SendFirst(ReadOnlySpan<byte> bytes, TransportConnection client)
    {
        if (_closed || IsBroken) return;
        int sent;
        fixed (byte* from = bytes) sent = Libc.Send(Descriptor, from, bytes.Length, moreFollows: true);
        _heldBack = sent == bytes.Length;
        if (!_heldBack) Break(sent < 0 ? -sent : Errno.ENOBUFS);
    }

    /// <summary>As <see cref="SocketSetup.SendHandshakeAck"/>; what <see cref="SendFirst"/> has kept back carries it.</summary>
    public void SendHandshakeAck()
    {
        if (_heldBack) SocketSetup.Push(Descriptor);
        else SocketSetup.SendHandshakeAck(Descriptor);
        _heldBack = false;
    }

    /// <summary>Closes on the loop: with FIN, or with RST when <paramref name="reset"/>, dropping what the kernel has not sent.</summary>
    public virtual void Close(bool reset)
    {
        if (_closed) return;
        _closed = true;
        Owner = null;
        if (_slot >= 0) Loop.Remove(_slot);
        if (reset != _resetsOnClose) Libc.ResetOnClose(Descriptor, reset);
        CloseDescriptor();
        if (IsClient) Loop.CountConnection(-1);
    }

    public override void Abort(ConnectionAbortedException abortReason) => CloseOnLoop(static connection => ((LoopConnection)connection!).Close(reset: true));

    public override ValueTask DisposeAsync()
    {
        CloseOnLoop(static connection => ((LoopConnection)connection!).Close(reset: false));
        return default;
    }

    protected virtual void CloseDescriptor() => Libc.Close(Descriptor);

    /// <summary>What a dial has left from, before anybody else sees the connection.</summary>
    public void SetLocal(in DatagramAddress local) => _local = local;

    protected override IPEndPoint ReadLocal() =>
        _local.Port != 0 ? _local.ToEndPoint() : _closed ? new IPEndPoint(IPAddress.None, 0) : SocketSetup.LocalEndPoint(Descriptor);

    /// <summary>Events have changed the flags: tells the owner.</summary>
    protected virtual void OnFlagged() => Owner?.OnReady(this);

    /// <summary>The socket has an error, which an operation on it has returned.</summary>
    protected void Fault() => Faulted = true;

    private void CloseOnLoop(Action<object?> close)
    {
        if (EventLoop.Current == Loop) close(this);
        else Loop.Schedule(close, this);
    }
}
