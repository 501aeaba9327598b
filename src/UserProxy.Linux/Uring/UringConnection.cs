using System.Net;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Loops;
using static UserProxy.Linux.Uring.RingConstants;

namespace UserProxy.Linux.Uring;

/// <summary>
/// A socket whose bytes come and go by a ring: one receive that goes on by itself, and one send at a time. What has been received waits in buffers of the loop
/// until the <see cref="UringHalf"/> that reads from it takes them. For bulk it is told, read and written as with epoll.
/// </summary>
internal sealed class UringConnection : LoopConnection, ILoopHandler
{
    /// <summary>EPOLLERR and EPOLLHUP are always told.</summary>
    private const uint FaultEvents = 0;

    private readonly UringLoop _loop;
    private int _owner = BufferPool.None;
    private int _operations;
    private int _faultWatch = BufferPool.None;
    private int _readyWatch = BufferPool.None;
    private int _first = BufferPool.None;
    private int _last = BufferPool.None;
    private bool _isSending;
    private bool _stopping;
    private bool _starved;
    private bool _touched;
    private bool _tellsOwner;

    public UringConnection(int descriptor, UringLoop loop, IPEndPoint? local, IPEndPoint remote, bool isClient)
        : base(descriptor, loop, local, remote, isClient) => _loop = loop;

    /// <summary>A receive is in the ring, or waits for a buffer: more may come.</summary>
    public bool IsReceiving { get; private set; }

    /// <summary>EOF or an error has been received; what came before it may still be here.</summary>
    public bool ReceiveEnded { get; private set; }

    /// <summary>Buffers that hold what has been received.</summary>
    public int Held { get; private set; }

    /// <summary>A receive filled its buffer: bulk is coming.</summary>
    public bool IsBulk { get; set; }

    /// <summary>The half that reads from it, told of bytes.</summary>
    public UringHalf? Reader { get; set; }

    /// <summary>The half that writes to it, told of each send.</summary>
    public UringHalf? Writer { get; set; }

    public override bool TryAttach()
    {
        if (_faultWatch >= 0) return true;
        // A RST that comes between bytes and their receive is not told to a receive that goes on: it finds the socket empty and waits for ever.
        _faultWatch = _loop.AddWatch(Descriptor, this, FaultEvents);
        if (_loop.Memory.MayKeep) Receive();
        return true;
    }

    /// <summary>Asks the ring to receive, unless it does so already.</summary>
    public void Receive()
    {
        if (IsReceiving || ReceiveEnded || IsClosed) return;
        IsReceiving = true;
        // Then it starts when there is a buffer.
        if (_starved) _stopping = false;
        else StartReceive();
    }

    /// <summary>No more is received soon; until <see cref="IsReceiving"/> is false something may still come.</summary>
    public void StopReceiving()
    {
        if (!IsReceiving || _stopping) return;
        _stopping = true;
        if (_starved) IsReceiving = false;
        else _loop.Cancel(RingOperation.Receive, _owner);
    }

    /// <summary>The loop has buffers again.</summary>
    public void ReceiveAgain()
    {
        if (!_starved) return;
        _starved = false;
        if (_stopping) _stopping = false;
        else if (!IsClosed) StartReceive();
    }

    /// <summary>There are no buffers, and nobody knows when there will be: its direction leaves the ring.</summary>
    public void StopStarved()
    {
        if (!_starved) return;
        IsReceiving = _starved = _stopping = false;
        Touch();
    }

    /// <summary>The first buffer that holds something, or none.</summary>
    public int First => _first;

    public int Take()
    {
        int buffer = _first;
        _first = _loop.Buffers[buffer].Next;
        if (_first < 0) _last = BufferPool.None;
        Held--;
        return buffer;
    }

    /// <summary>One at a time; <see cref="UringHalf.OnSent"/> of the writer follows, unless the connection is closed first.</summary>
    public unsafe void Send(byte* bytes, int length, bool moreFollows)
    {
        _operations++;
        _isSending = true;
        _loop.Send(Owned(), Descriptor, bytes, length, moreFollows);
    }

    /// <summary>Has its flags kept by events, as with epoll, until <see cref="UnwatchReady"/>.</summary>
    public void WatchReady()
    {
        if (_readyWatch >= 0) return;
        _readyWatch = _loop.AddReady(Descriptor, this, EventLoop.ConnectionEvents);
        // It would hang. As with epoll, a connection that the kernel has no room for ends; after this turn, because its relay is in the middle of one.
        if (_readyWatch < 0) _loop.Schedule(static connection => ((UringConnection)connection!).Owner?.OnBroken(), this);
    }

    public override bool TryWatchReading()
    {
        WatchReady();
        return _readyWatch >= 0;
    }

    public override void UnwatchReading() => UnwatchReady();

    /// <summary>What has been received waits in a buffer.</summary>
    public override unsafe int Peek(Span<byte> bytes)
    {
        if (_first < 0) return base.Peek(bytes);
        ref var piece = ref _loop.Buffers[_first];
        var received = new ReadOnlySpan<byte>(_loop.Buffers.At(_first) + piece.Start, Math.Min(piece.Length, bytes.Length));
        received.CopyTo(bytes);
        return received.Length;
    }

    /// <summary>It is read by the ring again. Who waits to write to it is still told.</summary>
    public void UnwatchReady()
    {
        if (_readyWatch < 0 || !Writable) return;
        _loop.RemoveReady(Descriptor, _readyWatch);
        _readyWatch = BufferPool.None;
    }

    public void Discard()
    {
        while (_first >= 0) _loop.Buffers.Return(Take());
    }

    public override void Close(bool reset)
    {
        if (IsClosed) return;
        if (_readyWatch >= 0) _loop.RemoveReady(Descriptor, _readyWatch);
        if (_faultWatch >= 0) _loop.Remove(_faultWatch);
        if (IsReceiving) StopReceiving();
        if (_isSending) _loop.Cancel(RingOperation.Send, _owner);
        Discard();
        base.Close(reset);
        FreeOwner();
    }

    /// <summary>Called by the loop. <paramref name="result"/> is as of the system call, or minus errno.</summary>
    public void OnCompletion(RingOperation operation, int result, uint flags)
    {
        bool flows = operation == RingOperation.Receive ? OnReceived(result, flags) : OnSent(result);
        if (IsClosed) FreeOwner();
        else if (!flows) Touch();
    }

    void ILoopHandler.Forget(EventLoop loop)
    {
        _owner = _faultWatch = _readyWatch = _first = _last = BufferPool.None;
        _operations = Held = 0;
        IsReceiving = _isSending = _starved = _stopping = _touched = _tellsOwner = false;
        Writer?.Forget();
    }

    /// <summary>Its buffers are gone with the ring, so bytes are: it can only be reset.</summary>
    void ILoopHandler.OnBroken(EventLoop loop)
    {
        if (IsClosed) return;
        // The old ring holds the socket until the kernel has taken it apart.
        Libc.Disconnect(Descriptor);
        Break(Errno.ECONNABORTED);
        Fault();
        Owner?.OnBroken();
    }

    /// <summary>What has come in this turn goes on: straight to the other side when it is no more than bytes, else by way of the owner.</summary>
    public void OnTurnEnds()
    {
        bool onlyBytes = !_tellsOwner;
        _touched = _tellsOwner = false;
        if (onlyBytes && Reader is { } reader && reader.TryFlow()) return;
        Owner?.OnReady(this);
    }

    protected override void OnFlagged() => Touch();

    /// <summary>The entries that end what is under way come first.</summary>
    protected override void CloseDescriptor() => _loop.Close(Descriptor);

    /// <summary>True when it was only bytes, and more may come.</summary>
    private bool OnReceived(int result, uint flags)
    {
        if ((flags & CompletionMore) == 0)
        {
            _operations--;
            IsReceiving = _stopping = false;
        }

        if ((flags & CompletionBuffer) != 0) Keep((int)(flags >> CompletionBufferShift), result);
        if (IsClosed) return true;
        if (result > 0 && IsReceiving)
        {
            TouchForBytes();
            return true;
        }

        if (result == -Errno.ENOBUFS) Starve();
        else if (result == 0) End(Writer is { WasReady: true } && WasReset() ? Errno.ECONNRESET : 0);
        else if (result < 0 && result != -Errno.ECANCELED) End(-result);
        return false;
    }

    /// <summary>True when the writer goes on without its relay.</summary>
    private bool OnSent(int result)
    {
        _operations--;
        _isSending = false;
        return Writer!.OnSent(result);
    }

    private void End(int errno)
    {
        ReceiveEnded = true;
        if (errno == 0) return;
        Break(errno);
        Fault();
    }

    private void Starve()
    {
        IsReceiving = _starved = true;
        _loop.WaitForBuffer(this);
    }

    private unsafe void Keep(int buffer, int length)
    {
        var buffers = _loop.Buffers;
        buffers.Taken(buffer, length);
        if (length <= 0 || IsClosed)
        {
            buffers.Return(buffer);
            return;
        }

        if (length == BufferPool.BufferLength) IsBulk = true;
        if (_last >= 0)
        {
            ref var last = ref buffers[_last];
            int end = last.Start + last.Length;
            if (end + length <= BufferPool.BufferLength)
            {
                // Two small ones leave in one send, and a trickle does not hold many buffers.
                System.Runtime.CompilerServices.Unsafe.CopyBlockUnaligned(buffers.At(_last) + end, buffers.At(buffer), (uint)length);
                last.Length += length;
                buffers.Return(buffer);
                return;
            }

            last.Next = buffer;
        }
        else
        {
            _first = buffer;
        }

        _last = buffer;
        Held++;
    }

    /// <summary>
    /// While nobody reads, one buffer and no more: a client may be dialled for a long time. Nothing can have come from a backend when its receive begins.
    /// </summary>
    private void StartReceive()
    {
        _operations++;
        _loop.Receive(Owned(), Descriptor, Reader is null ? (ushort)0 : (ushort)(ReceiveMultishot | (IsClient ? 0 : PollFirst)));
    }

    private int Owned() => _owner >= 0 ? _owner : _owner = _loop.AddOwner(this);

    /// <summary>What is still to come for it must find it.</summary>
    private void FreeOwner()
    {
        if (_owner < 0 || _operations > 0) return;
        _loop.RemoveOwner(_owner);
        _owner = BufferPool.None;
    }

    private void Touch()
    {
        _tellsOwner = true;
        TouchForBytes();
    }

    private void TouchForBytes()
    {
        if (_touched) return;
        _touched = true;
        _loop.Touch(this);
    }
}
