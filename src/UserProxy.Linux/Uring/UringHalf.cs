using UserProxy.Linux.Kernel;
using UserProxy.Linux.Loops;

namespace UserProxy.Linux.Uring;

/// <summary>
/// One direction of a relay on a ring: what one side's receive has brought is the other side's next send. For bulk, for a peer that does not take, and when
/// memory is short it leaves the ring and is a <see cref="ReadyHalf"/>, which splices and keeps little; it comes back when only small messages come.
/// </summary>
internal sealed unsafe class UringHalf : LoopHalf
{
    /// <summary>Buffers that may wait for the other side before this direction leaves the ring.</summary>
    private const int MostHeld = 4;

    private readonly UringConnection _from;
    private readonly UringConnection _to;
    private ReadyHalf? _ready;
    private bool _isReady;
    private int _sending = BufferPool.None;
    private bool _leaving;
    private bool _splices;
    private bool _dropped;
    private long _bytes;

    public UringHalf(UringConnection from, UringConnection to)
        : base(to)
    {
        _from = from;
        _to = to;
        from.Reader = this;
        to.Writer = this;
    }

    public override long Bytes => Volatile.Read(ref _bytes) + (Volatile.Read(ref _ready)?.Bytes ?? 0);

    public override bool IsDrained => _isReady ? _ready!.IsDrained : (_from.ReceiveEnded && !HoldsBytes);

    public override bool HoldsBytes => _isReady ? _ready!.HoldsBytes : (_sending >= 0 || _from.Held > 0);

    /// <summary>It has written without the ring, by calls that may have kept an error of the other side to themselves.</summary>
    public bool WasReady => _ready is not null;

    private BufferPool Buffers => ((UringLoop)_from.Loop).Buffers;

    public override bool Move()
    {
        if (_dropped || _to.IsBroken) return false;
        if (_isReady) return MoveReady(_ready!);
        if (!_leaving && MustLeave()) Leave();
        if (_leaving) return FinishLeaving();
        SendNext();
        _from.Receive();
        return false;
    }

    /// <summary>Bytes have come. False when there is more to decide than where they go, which is the relay's.</summary>
    public bool TryFlow()
    {
        if (_dropped || _isReady || _leaving || _to.IsBroken || MustLeave()) return false;
        SendNext();
        return true;
    }

    /// <summary>The send of this direction has ended. True when it goes on by itself.</summary>
    public bool OnSent(int result)
    {
        int buffer = _sending;
        ref var piece = ref Buffers[buffer];
        bool isFirst = _bytes == 0;
        if (result > 0) Volatile.Write(ref _bytes, _bytes + result);
        if (result > 0 && result < piece.Length && !_dropped && !_to.IsClosed)
        {
            // The next one says why.
            piece.Start += result;
            piece.Length -= result;
            _to.Send(Buffers.At(buffer) + piece.Start, piece.Length, moreFollows: false);
            return true;
        }

        _sending = BufferPool.None;
        Buffers.Return(buffer);
        if (result < 0 && !_dropped && !_to.IsClosed) _to.Break(-result);
        // The relay looks when the first bytes are through, and at every end.
        return !isFirst && !_from.ReceiveEnded && TryFlow();
    }

    /// <summary>The buffer that is being sent is gone with its ring.</summary>
    public void Forget() => _sending = BufferPool.None;

    public override void Drop()
    {
        _dropped = true;
        _ready?.Drop();
        _from.StopReceiving();
        _from.Discard();
    }

    private bool MustLeave() =>
        _from.IsBulk || _from.Held > MostHeld || (!_from.ReceiveEnded && (CannotReceive || HasMissedTheEnd || (_from.Held > 0 && !_from.Loop.Memory.MayKeep)));

    /// <summary>A receive would take a buffer, and there is none, or no memory for it.</summary>
    private bool CannotReceive => !_from.IsReceiving && (!_from.Loop.Memory.MayKeep || Buffers.IsExhausted);

    /// <summary>The receive that goes on by itself may not be told of a reset; a read is.</summary>
    private bool HasMissedTheEnd => _from.Faulted || _from.HungUp || _from.IsBroken;

    private void SendNext()
    {
        if (_sending >= 0 || _from.Held == 0) return;
        _sending = _from.Take();
        ref var piece = ref Buffers[_sending];
        // The FIN that follows at once then travels with the bytes: a packet and a wake-up less at the end of most short connections.
        bool isLast = _from is { ReceiveEnded: true, IsBroken: false, Held: 0 };
        _to.Send(Buffers.At(_sending) + piece.Start, piece.Length, isLast);
    }

    private void Leave()
    {
        _leaving = true;
        _splices = _from.Held > MostHeld;
        _from.StopReceiving();
    }

    /// <summary>What the ring has brought comes first, in order.</summary>
    private bool FinishLeaving()
    {
        while (_sending < 0 && _from.First >= 0 && _to.Writable)
        {
            ref var piece = ref Buffers[_from.First];
            int sent = Libc.Send(_to.Descriptor, Buffers.At(_from.First) + piece.Start, piece.Length);
            if (sent < 0)
            {
                _to.Writable = false;
                if (sent == -Errno.EAGAIN) continue;
                _to.Break(-sent);
                return false;
            }

            Volatile.Write(ref _bytes, _bytes + sent);
            piece.Start += sent;
            piece.Length -= sent;
            if (piece.Length == 0) Buffers.Return(_from.Take());
        }

        if (!_to.Writable) _to.WatchReady();
        if (HoldsBytes || _from.IsReceiving || _from.ReceiveEnded) return false;
        _from.IsBulk = _leaving = false;
        _from.WatchReady();
        _from.Readable = true;
        _isReady = true;
        // It stays for its count, and for the next time.
        if (_ready is null) Volatile.Write(ref _ready, new ReadyHalf(_from, _to));
        if (_splices) _ready!.StartSplicing();
        return MoveReady(_ready!);
    }

    private bool MoveReady(ReadyHalf ready)
    {
        bool more = ready.Move();
        if (!_to.Writable) _to.WatchReady();
        if (!more && ready.IsBulkOver && !_from.Readable && !ready.HoldsBytes && !ready.IsDrained && _from.Loop.Memory.MayKeep) ComeBack(ready);
        return more;
    }

    private void ComeBack(ReadyHalf ready)
    {
        _isReady = false;
        ready.Rest();
        _from.UnwatchReady();
        _from.Receive();
    }
}
