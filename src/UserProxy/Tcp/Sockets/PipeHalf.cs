using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using UserProxy.Serving;
using UserProxy.Tracing;

namespace UserProxy.Tcp.Sockets;

/// <summary>
/// One direction of a <see cref="PipeRelay"/>: waits without a buffer, reads into a rented one and writes it on at once. What the target did not take goes
/// into a pipe, which <see cref="DrainAsync"/> empties. While the pipe holds bytes it is filled from the source, up to half of the limit. Without memory for
/// a pipe the bytes stay in the source's socket. Errors are left on the connections for the relay to judge.
/// </summary>
internal sealed class PipeHalf(SocketConnection from, SocketConnection to, MemoryBudget memory, int limit, TraceFlow? trace = null, bool isIn = false)
{
    /// <summary>Buffers moved in a row before other connections get a turn on this thread.</summary>
    private const int RoundsPerTurn = 16;

    private const int SegmentSize = 16 * 1024;

    /// <summary>A smaller rest of a pipe segment is not worth a receive.</summary>
    private const int SmallestRead = 2 * 1024;

    private readonly Socket _source = from.Socket;
    private readonly Socket _target = to.Socket;

    private Pipe? _pipe;
    private byte[]? _bite;
    private long _written;
    private int _inPipe;
    private volatile bool _hasEnded;

    public SocketConnection From => from;

    public SocketConnection To => to;

    /// <summary>Bytes handed to the target's kernel.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>Nobody reads from the source any more, and what was read is written or lost.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>
    /// Reads until one side has ended. The first time that bytes go into the pipe it returns <see cref="HalfEnd.Spilled"/>: it is called again, while
    /// <see cref="DrainAsync"/> runs.
    /// </summary>
    public async ValueTask<HalfEnd> FillAsync()
    {
        try
        {
            return await MoveAsync();
        }
        catch (ObjectDisposedException)
        {
            // The relay was reset between two operations; a pending one ends with OperationAborted.
            return HalfEnd.SourceLost;
        }
    }

    /// <summary>Writes what is in the pipe until <see cref="EndAsync"/>, mostly waiting for the next spill. False when the target is lost.</summary>
    public async Task<bool> DrainAsync()
    {
        var reader = _pipe!.Reader;
        bool isTaken = false;
        try
        {
            isTaken = await TryWriteAllAsync(reader);
        }
        catch (ObjectDisposedException)
        {
            to.Break(SocketError.OperationAborted);
        }

        await reader.CompleteAsync();
        return isTaken;
    }

    /// <summary>Has the pipe run dry and gives back its memory. False when the target is lost.</summary>
    /// <param name="draining">The running <see cref="DrainAsync"/>; null when nothing was spilled.</param>
    public async ValueTask<bool> EndAsync(Task<bool>? draining)
    {
        bool isTaken = true;
        if (draining is not null)
        {
            await _pipe!.Writer.CompleteAsync();
            isTaken = await draining;
            if (Volatile.Read(ref _inPipe) != 0) memory.Return(limit);
        }

        _hasEnded = true;
        return isTaken;
    }

    private async ValueTask<HalfEnd> MoveAsync()
    {
        // The first spill has not been shown to the drain yet.
        if (_pipe is not null && !await TryFlushAsync()) return HalfEnd.TargetLost;
        using var readable = new SocketOperation();
        while (true)
        {
            var error = await readable.WaitReadableAsync(_source);
            var step = error == SocketError.Success ? Move() : BreakSource(error);
            to.Uncork();
            switch (step)
            {
                case Step.Wait:
                    break;
                case Step.Yield:
                    await Task.Yield();
                    break;
                case Step.Spill:
                    return HalfEnd.Spilled;
                case Step.Flush:
                    if (!await TryFlushAsync()) return HalfEnd.TargetLost;
                    break;
                case Step.SendBite:
                    if (!await TrySendBiteAsync()) return HalfEnd.TargetLost;
                    break;
                case Step.Fin:
                    return HalfEnd.Fin;
                case Step.SourceLost:
                    return HalfEnd.SourceLost;
                default:
                    return HalfEnd.TargetLost;
            }
        }
    }

    /// <summary>Waits while the pipe is full: the source's window closes, and its sender feels the target's pace. False when nobody drains it.</summary>
    private async ValueTask<bool> TryFlushAsync() => !(await _pipe!.Writer.FlushAsync()).IsCompleted;

    private Step Move()
    {
        if (Volatile.Read(ref _inPipe) != 0) return MoveIntoPipe();
        return memory.MayKeep ? MoveDirectly() : MoveWithoutKeeping();
    }

    /// <summary>The usual way: nothing is waiting for the target, so what is read can be written from the same buffer.</summary>
    private Step MoveDirectly()
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(limit);
        try
        {
            var buffer = rented.AsSpan(0, limit);
            for (int round = 0; round < RoundsPerTurn; round++)
            {
                int received = _source.Receive(buffer, SocketFlags.None, out var error);
                if (error == SocketError.WouldBlock) return Step.Wait;
                if (error != SocketError.Success) return BreakSource(error);
                if (received == 0) return Step.Fin;
                int sent = _target.Send(buffer[..received], SocketFlags.None, out error);
                CountWritten(sent);
                if (error is not (SocketError.Success or SocketError.WouldBlock)) return BreakTarget(error);
                // A short send is a success to .NET, as it is to the kernel.
                if (sent < received) return Spill(buffer[sent..received]);
                // A short read means that the source is drained: no use in asking again.
                if (received < limit) return Step.Wait;
            }

            return Step.Yield;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Takes from the source only what the target has taken: each byte is copied twice, when memory is short.</summary>
    private Step MoveWithoutKeeping()
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(limit);
        try
        {
            var buffer = rented.AsSpan(0, limit);
            int seen = _source.Receive(buffer, SocketFlags.Peek, out var error);
            if (error == SocketError.WouldBlock) return Step.Wait;
            if (error != SocketError.Success) return BreakSource(error);
            if (seen == 0) return Step.Fin;
            int sent = _target.Send(buffer[..seen], SocketFlags.None, out error);
            CountWritten(sent);
            if (error is not (SocketError.Success or SocketError.WouldBlock)) return BreakTarget(error);
            if (!TryTake(buffer[..sent], out error)) return BreakSource(error);
            if (sent == seen) return Step.Yield;
            _bite ??= new byte[1];
            return TryTake(_bite, out error) ? Step.SendBite : BreakSource(error);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Reads so many bytes that are known to be there.</summary>
    private bool TryTake(Span<byte> bytes, out SocketError error)
    {
        error = SocketError.Success;
        while (bytes.Length > 0)
        {
            int received = _source.Receive(bytes, SocketFlags.None, out error);
            if (received == 0 || error != SocketError.Success) return false;
            bytes = bytes[received..];
        }

        return true;
    }

    /// <summary>Waits for the target with one byte in hand: .NET tells of room for bytes only to who has some to send.</summary>
    private async ValueTask<bool> TrySendBiteAsync()
    {
        using var room = new SocketOperation();
        var error = await room.SendAsync(_target, _bite);
        if (error == SocketError.Success) CountWritten(1);
        else BreakTarget(error);
        return error == SocketError.Success;
    }

    private Step Spill(ReadOnlySpan<byte> rest)
    {
        // A rest may be as long as the limit; what is read on top of one fits with it into as many segments, the first of which may be half empty.
        bool isFirst = _pipe is null;
        _pipe ??= new Pipe(new PipeOptions(
            readerScheduler: PipeScheduler.Inline,
            writerScheduler: PipeScheduler.Inline,
            pauseWriterThreshold: limit / 2,
            resumeWriterThreshold: limit / 4,
            minimumSegmentSize: SegmentSize,
            useSynchronizationContext: false));
        _pipe.Writer.Write(rest);
        CountInPipe(rest.Length);
        return isFirst ? Step.Spill : Step.Flush;
    }

    private Step MoveIntoPipe()
    {
        var memory = _pipe!.Writer.GetMemory(SmallestRead);
        int received = _source.Receive(memory.Span, SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock) return Step.Flush;
        if (error != SocketError.Success) return BreakSource(error);
        if (received == 0) return Step.Fin;
        _pipe.Writer.Advance(received);
        CountInPipe(received);
        return Step.Flush;
    }

    private async ValueTask<bool> TryWriteAllAsync(PipeReader reader)
    {
        using var writable = new SocketOperation();
        while (true)
        {
            var read = await reader.ReadAsync();
            if (read.Buffer.IsEmpty && read.IsCompleted) return true;
            var error = await writable.SendAsync(_target, FirstOf(read.Buffer));
            if (error != SocketError.Success)
            {
                to.Break(error);
                return false;
            }

            // A non-blocking socket's send may come back short.
            int sent = writable.BytesTransferred;
            CountWritten(sent);
            CountInPipe(-sent);
            reader.AdvanceTo(read.Buffer.GetPosition(sent));
        }
    }

    /// <summary>The first bytes there are: a buffer that holds bytes may begin with an empty segment.</summary>
    private static ReadOnlyMemory<byte> FirstOf(in ReadOnlySequence<byte> buffer)
    {
        foreach (var segment in buffer)
        {
            if (!segment.IsEmpty) return segment;
        }

        return default;
    }

    /// <summary>A pipe that holds anything counts as full: once when the first byte comes, and once when the last has left.</summary>
    private void CountInPipe(int change)
    {
        int held = Interlocked.Add(ref _inPipe, change);
        if (held == 0) memory.Return(limit);
        else if (held == change) memory.Take(limit);
    }

    /// <summary>Only one of the two loops writes at a time: the filling one while the pipe is empty, else the draining one.</summary>
    private void CountWritten(int count)
    {
        long before = _written;
        Volatile.Write(ref _written, before + count);
        if (before == 0 && count > 0) trace?.FirstByte(isIn);
    }

    private Step BreakSource(SocketError error)
    {
        from.Break(error);
        return Step.SourceLost;
    }

    private Step BreakTarget(SocketError error)
    {
        to.Break(error);
        return Step.TargetLost;
    }

    private enum Step
    {
        Wait,
        Yield,
        Spill,
        Flush,
        SendBite,
        Fin,
        SourceLost,
        TargetLost,
    }
}

/// <summary>Why a <see cref="PipeHalf"/> reads no further.</summary>
internal enum HalfEnd
{
    /// <summary>The pipe holds bytes for the first time: it is to be drained, and reading goes on.</summary>
    Spilled,

    /// <summary>The source's FIN was read. Bytes before it may still be in the pipe.</summary>
    Fin,

    /// <summary>The source was reset, or its peer is gone.</summary>
    SourceLost,

    /// <summary>A write found the target reset, or its peer gone.</summary>
    TargetLost,
}
