using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace UserProxy.Tcp.Sockets;

/// <summary>
/// One direction of a <see cref="PipeRelay"/>: waits without a buffer, reads into a rented one, writes it on at once, and gives only what the
/// target did not take to a pipe that a second loop drains. While the pipe holds bytes it is filled from the source, up to the limit.
/// </summary>
internal sealed class HalfRelay(PipeRelay relay, Socket source, Socket target, int limit)
{
    /// <summary>Buffers moved in a row before other connections get a turn on this thread.</summary>
    private const int RoundsPerTurn = 16;

    private const int SegmentSize = 16 * 1024;

    /// <summary>A smaller rest of a pipe segment is not worth a receive.</summary>
    private const int SmallestRead = 2 * 1024;

    private Pipe? _pipe;
    private Task? _draining;
    private long _written;
    private int _inPipe;
    private volatile bool _targetLost;
    private volatile bool _sourceLost;
    private volatile bool _hasEnded;

    public Socket Source => source;

    public Socket Target => target;

    /// <summary>Bytes handed to the target's kernel.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>Set by whoever learns that the source was reset: its last read may then look like a FIN, because an error is told only once.</summary>
    public bool SourceLost { get => _sourceLost; set => _sourceLost = value; }

    /// <summary>Whether <see cref="RunAsync"/> is through, so that nobody reads from the source any more.</summary>
    public bool HasEnded { get => _hasEnded; set => _hasEnded = value; }

    /// <summary>Moves bytes until one side has ended. What was read before a FIN or RST of the source has then been written.</summary>
    public async ValueTask<HalfEnd> RunAsync()
    {
        HalfEnd end;
        try
        {
            end = await FillAsync();
        }
        catch (ObjectDisposedException)
        {
            // The relay was reset between two operations; a pending one ends with OperationAborted.
            end = HalfEnd.SourceLost;
        }

        if (end == HalfEnd.Fin) relay.FinRead(this);
        if (_pipe is not null) await _pipe.Writer.CompleteAsync();
        if (_draining is not null) await _draining;
        return _targetLost ? HalfEnd.TargetLost : end;
    }

    private async ValueTask<HalfEnd> FillAsync()
    {
        using var readable = new SocketOperation();
        while (true)
        {
            var error = await readable.WaitReadableAsync(source);
            switch (error != SocketError.Success ? LoseSource(error) : Volatile.Read(ref _inPipe) == 0 ? MoveDirectly() : MoveIntoPipe())
            {
                case Step.Wait:
                    break;
                case Step.Yield:
                    await Task.Yield();
                    break;
                case Step.Flush:
                    _draining ??= DrainAsync(_pipe!.Reader);
                    // Waits while the pipe is full: the source's window closes, and its sender feels the target's pace.
                    if ((await _pipe!.Writer.FlushAsync()).IsCompleted) return HalfEnd.TargetLost;
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

    /// <summary>The usual way: nothing is waiting for the target, so what is read can be written from the same buffer.</summary>
    private Step MoveDirectly()
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(limit);
        try
        {
            var buffer = rented.AsSpan(0, limit);
            for (int round = 0; round < RoundsPerTurn; round++)
            {
                int received = source.Receive(buffer, SocketFlags.None, out var error);
                if (error == SocketError.WouldBlock) return Step.Wait;
                if (error != SocketError.Success) return LoseSource(error);
                if (received == 0) return Step.Fin;
                int sent = target.Send(buffer[..received], SocketFlags.None, out error);
                CountWritten(sent);
                if (error == SocketError.WouldBlock) return Spill(buffer[sent..received]);
                if (error != SocketError.Success) return LoseTarget(error);
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

    private Step Spill(ReadOnlySpan<byte> rest)
    {
        // Paused one segment below the limit, because a read may add up to one segment to what is there.
        _pipe ??= new Pipe(new PipeOptions(
            readerScheduler: PipeScheduler.Inline,
            writerScheduler: PipeScheduler.Inline,
            pauseWriterThreshold: limit - SegmentSize,
            resumeWriterThreshold: limit / 2,
            minimumSegmentSize: SegmentSize,
            useSynchronizationContext: false));
        _pipe.Writer.Write(rest);
        Interlocked.Add(ref _inPipe, rest.Length);
        return Step.Flush;
    }

    private Step MoveIntoPipe()
    {
        var memory = _pipe!.Writer.GetMemory(SmallestRead);
        int received = source.Receive(memory.Span, SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock) return Step.Flush;
        if (error != SocketError.Success) return LoseSource(error);
        if (received == 0) return Step.Fin;
        _pipe.Writer.Advance(received);
        Interlocked.Add(ref _inPipe, received);
        return Step.Flush;
    }

    /// <summary>Runs from the first spill to the end, mostly waiting for the next one.</summary>
    private async Task DrainAsync(PipeReader reader)
    {
        using var writable = new SocketOperation();
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync();
                var bytes = read.Buffer.First;
                if (bytes.IsEmpty) break;
                var error = await writable.SendAsync(target, bytes);
                CountWritten(writable.BytesTransferred);
                if (error != SocketError.Success)
                {
                    LoseTarget(error);
                    break;
                }

                Interlocked.Add(ref _inPipe, -bytes.Length);
                reader.AdvanceTo(read.Buffer.GetPosition(bytes.Length));
            }
        }
        catch (ObjectDisposedException)
        {
            LoseTarget(SocketError.OperationAborted);
        }

        await reader.CompleteAsync();
    }

    /// <summary>Only one of the two loops writes at a time: the filling one while the pipe is empty, else the draining one.</summary>
    private void CountWritten(int count) => Volatile.Write(ref _written, _written + count);

    private Step LoseSource(SocketError error)
    {
        relay.SourceLost(this, error);
        return Step.SourceLost;
    }

    private Step LoseTarget(SocketError error)
    {
        _targetLost = true;
        relay.TargetLost(this, error);
        return Step.TargetLost;
    }

    private enum Step
    {
        Wait,
        Yield,
        Flush,
        Fin,
        SourceLost,
        TargetLost,
    }
}
