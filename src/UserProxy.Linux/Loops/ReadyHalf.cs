using System.Buffers;
using UserProxy.Linux.Kernel;

namespace UserProxy.Linux.Loops;

/// <summary>
/// The direction that is told when a socket is ready: reads into the loop's buffer and writes at once. Keeps only what the other side did not take, if there
/// is memory for it. Has the kernel splice from a read that filled the whole buffer until the bytes come in bulk no more.
/// </summary>
internal sealed class ReadyHalf(LoopConnection from, LoopConnection to) : LoopHalf(to)
{
    /// <summary>Reads in a row before other connections get their turn.</summary>
    private const int Budget = 16;

    /// <summary>What one splice asks for; a pipe takes less.</summary>
    private const int SpliceLength = 1024 * 1024;

    /// <summary>The bulk is over when the source dried up after less than this: below it a copy costs less than a splice.</summary>
    private const int BulkLength = 4096;

    /// <summary>Of a direction that has been spliced, a read of so much says that it goes on.</summary>
    private const int BulkAgainLength = 16 * 1024;

    private const int SmallReadsEndBulk = 4;

    private byte[]? _kept;
    private int _keptStart;
    private int _keptEnd;
    private SplicePipe? _pipe;
    private int _lastFill;
    private bool _splicing;
    private bool _wasBulk;
    private int _smallReads;
    private bool _cannotSplice;
    private bool _ended;
    private bool _dropped;
    private long _bytes;

    /// <summary>Several reads in a row have found little.</summary>
    public bool IsBulkOver => _smallReads >= SmallReadsEndBulk;

    public override long Bytes => Volatile.Read(ref _bytes);

    public override bool IsDrained => _ended && !HoldsBytes;

    public override bool HoldsBytes => _kept is not null || _pipe is { Held: > 0 };

    public override bool Move()
    {
        for (int turns = 0; turns < Budget; turns++)
        {
            if (_dropped || !To.Writable || To.IsBroken) return false;
            if (HoldsBytes)
            {
                WriteHeld();
                continue;
            }

            if (_ended || !from.Readable) return false;
            if (_splicing) Splice();
            else if (from.Loop.Memory.MayKeep) Copy();
            else CopyWithoutKeeping();
        }

        return true;
    }

    /// <summary>More has come already than the buffer holds.</summary>
    public void StartSplicing()
    {
        _wasBulk = true;
        _lastFill = BulkLength;
        _splicing = !_cannotSplice && !from.Urgent;
    }

    /// <summary>Gives back what it works with, until it moves again. Holds nothing.</summary>
    public void Rest()
    {
        _smallReads = 0;
        _splicing = _wasBulk = false;
        ReleasePipe();
    }

    public override void Drop()
    {
        _dropped = true;
        ReleaseKept();
        ReleasePipe();
    }

    private unsafe void Copy()
    {
        var buffer = from.Loop.Buffer;
        int received = Libc.Receive(from.Descriptor, buffer.Pointer, ReceiveBuffer.Length);
        if (received <= 0)
        {
            EndOrWait(received);
            return;
        }

        if (IsLikelyLast(received)) received += ReadToEnd(buffer, received);
        // The FIN that follows at once then travels with the bytes: a packet and a wake-up less at the end of most short connections.
        int sent = Libc.Send(To.Descriptor, buffer.Pointer, received, moreFollows: _ended && !from.IsBroken);
        if (sent < received) KeepRest(new ReadOnlySpan<byte>(buffer.Pointer, received), sent);
        else _bytes += received;

        _smallReads = received < BulkLength ? _smallReads + 1 : 0;
        if (IsBulkOver) _wasBulk = false;
        if (received >= (_wasBulk ? BulkAgainLength : ReceiveBuffer.Length)) StartSplicing();
        // With edge-triggered epoll a short read means drained, and more will be told (epoll(7), question 9); but FIN and errors are told
        // only once, and an urgent byte ends a read early.
        else if (!from.PeerFinished && !from.Urgent && !from.Faulted) from.Readable = false;
    }

    /// <summary>
    /// Takes from the source only what the other side has taken; the rest waits in the socket that it came to. A second call for each read, when memory is
    /// short.
    /// </summary>
    private unsafe void CopyWithoutKeeping()
    {
        var buffer = from.Loop.Buffer;
        int seen = Libc.Peek(from.Descriptor, buffer.Pointer, ReceiveBuffer.Length);
        if (seen <= 0)
        {
            EndOrWait(seen);
            return;
        }

        int sent = Libc.Send(To.Descriptor, buffer.Pointer, seen);
        if (sent < 0)
        {
            CannotWrite(sent);
            return;
        }

        _bytes += sent;
        if (sent < seen) To.Writable = false;
        for (int left = sent; left > 0;)
        {
            int discarded = Libc.Discard(from.Descriptor, buffer.Pointer, left);
            if (discarded <= 0)
            {
                EndOrWait(discarded);
                return;
            }

            left -= discarded;
        }
    }

    /// <summary>The peer's FIN is here, and the read has not been stopped by the buffer's end.</summary>
    private bool IsLikelyLast(int received) => from is { PeerFinished: true, Urgent: false, Faulted: false } && received < ReceiveBuffer.Length;

    /// <summary>
    /// Reads on behind the first <paramref name="held"/> bytes of the buffer, and finds the end there; returns how many more bytes came before it.
    /// </summary>
    private unsafe int ReadToEnd(ReceiveBuffer buffer, int held)
    {
        int more = Libc.Receive(from.Descriptor, buffer.Pointer + held, ReceiveBuffer.Length - held);
        if (more <= 0) EndOrWait(more);
        return Math.Max(0, more);
    }

    private void Splice()
    {
        _pipe ??= from.Loop.Pipes.Rent();
        if (_pipe is null || from.Urgent)
        {
            _splicing = false;
            ReleasePipe();
            return;
        }

        int moved = _pipe.Fill(from.Descriptor, SpliceLength);
        if (moved > 0)
        {
            _lastFill = moved;
            WriteHeld();
            return;
        }

        // Dry. The pipe goes back for others; a direction in the middle of a bulk transfer takes one again when there is more.
        ReleasePipe();
        if (_lastFill < BulkLength) _splicing = false;
        if (moved == -Errno.EAGAIN) from.Readable = false;
        else if (-moved is Errno.ECONNRESET or Errno.ETIMEDOUT or Errno.EPIPE) EndOrWait(moved);
        else DenySplice();
    }

    private void WriteHeld()
    {
        if (_pipe is { Held: > 0 }) DrainPipe(_pipe);
        else SendKept();
    }

    private void DrainPipe(SplicePipe pipe)
    {
        int moved = pipe.Drain(To.Descriptor);
        if (moved > 0) _bytes += moved;
        else CannotWrite(moved);
    }

    private unsafe void SendKept()
    {
        int sent;
        fixed (byte* kept = _kept) sent = Libc.Send(To.Descriptor, kept + _keptStart, _keptEnd - _keptStart);
        if (sent < 0)
        {
            CannotWrite(sent);
            return;
        }

        _bytes += sent;
        _keptStart += sent;
        if (_keptStart == _keptEnd) ReleaseKept();
        else To.Writable = false;
    }

    private void KeepRest(ReadOnlySpan<byte> received, int sent)
    {
        if (sent < 0)
        {
            CannotWrite(sent);
            if (To.IsBroken) return;
            sent = 0;
        }

        _bytes += sent;
        To.Writable = false;
        var rest = received[sent..];
        _kept = ArrayPool<byte>.Shared.Rent(rest.Length);
        from.Loop.Memory.Take(_kept.Length);
        rest.CopyTo(_kept);
        _keptStart = 0;
        _keptEnd = rest.Length;
    }

    private void EndOrWait(int result)
    {
        if (result == -Errno.EAGAIN)
        {
            from.Readable = false;
            return;
        }

        _ended = true;
        if (result < 0) from.Break(-result);
        else if (from.WasReset()) from.Break(Errno.ECONNRESET);
    }

    private void CannotWrite(int result)
    {
        To.Writable = false;
        if (result != -Errno.EAGAIN) To.Break(-result);
    }

    /// <summary>
    /// It is EOF, a fault, or a system that does not let us splice. The next copied read tells which. This direction is copied from now on.
    /// </summary>
    private void DenySplice()
    {
        _cannotSplice = true;
        _splicing = false;
    }

    private void ReleasePipe()
    {
        if (_pipe is null) return;
        from.Loop.Pipes.Return(_pipe);
        _pipe = null;
    }

    private void ReleaseKept()
    {
        if (_kept is null) return;
        from.Loop.Memory.Return(_kept.Length);
        ArrayPool<byte>.Shared.Return(_kept);
        _kept = null;
    }
}
