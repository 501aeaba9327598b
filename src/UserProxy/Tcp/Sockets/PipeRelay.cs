using System.Net.Sockets;
using UserProxy.Counting;
using UserProxy.Serving;

namespace UserProxy.Tcp.Sockets;

/// <summary>
/// Joins two sockets by two <see cref="PipeHalf"/>s and decides what one half's end means for the other side. Invariants: a FIN is passed on
/// only after the last byte and only if its sender was not reset; a reset is passed on only after what came before it has reached the other
/// kernel, or two seconds later.
/// </summary>
internal sealed class PipeRelay : Relay
{
    private static readonly TimeSpan FlushTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DeliveryCheck = TimeSpan.FromMilliseconds(5);

    /// <summary>Where the kernel does not say what is delivered, a reset waits this long for its own data to go ahead.</summary>
    private static readonly TimeSpan BlindFlushTime = TimeSpan.FromMilliseconds(200);

    /// <summary>As TCP_USER_TIMEOUT (tcp(7)), which cannot be used because it also kills a legal reader that keeps its window closed.</summary>
    private static readonly TimeSpan LongestUnacked = TimeSpan.FromSeconds(30);

    private const int None = -1;

    private readonly SocketConnection _client;
    private readonly SocketConnection _backend;
    private readonly PipeHalf _toBackend;
    private readonly PipeHalf _toClient;
    private readonly RelayOptions _options;
    private readonly RelaySweep _sweep;
    private readonly TimeProvider _time;

    private int _firstFin = None;
    private int _lost = None;
    private int _end = None;
    private long _flushBy = long.MaxValue;

    // Written by the sweep only.
    private long _seenWritten;
    private long _progressAt;
    private bool _finNoted;
    private bool _settled;
    private ulong _backendAcked;
    private ulong _clientAcked;

    public PipeRelay(
        SocketConnection client, SocketConnection backend, RelayOptions options, MemoryBudget memory, int bufferLimit, RelaySweep sweep, TimeProvider time)
    {
        _client = client;
        _backend = backend;
        _toBackend = new PipeHalf(this, client.Socket, backend.Socket, memory, bufferLimit);
        _toClient = new PipeHalf(this, backend.Socket, client.Socket, memory, bufferLimit);
        _options = options;
        _sweep = sweep;
        _time = time;
        _progressAt = time.GetTimestamp();
    }

    /// <summary>Links of <see cref="RelaySweep"/>, touched only there.</summary>
    internal PipeRelay? Next { get; set; }

    internal PipeRelay? Previous { get; set; }

    public override long BytesIn => _toBackend.Written;

    public override long BytesOut => _toClient.Written;

    public override TimeSpan Idle =>
        BytesIn + BytesOut != Volatile.Read(ref _seenWritten) ? TimeSpan.Zero : _time.GetElapsedTime(Volatile.Read(ref _progressAt));

    public override bool IsHalfClosed => Volatile.Read(ref _firstFin) != None;

    public override async ValueTask<RelayResult> RunAsync()
    {
        _sweep.Add(this);
        try
        {
            if (TrySetNonBlocking())
            {
                var inward = RunHalfAsync(_toBackend);
                await RunHalfAsync(_toClient);
                await inward;
            }

            if (Volatile.Read(ref _lost) != None) await PassResetOnAsync();
            else End((EndReason)_firstFin, reset: false);
        }
        finally
        {
            _sweep.Remove(this);
            // Only after a defect is there anything left to close.
            Reset(EndReason.BackendReset);
        }

        return new RelayResult(BytesIn, BytesOut, (EndReason)_end);
    }

    public override void Reset(EndReason reason) => End(reason, reset: true);

    /// <summary>Called by a half when it has read its source's FIN.</summary>
    internal void FinRead(PipeHalf half) =>
        Interlocked.CompareExchange(ref _firstFin, (int)(half == _toBackend ? EndReason.ClientFin : EndReason.BackendFin), None);

    /// <summary>Called by a half whose source failed: what was read before goes on for a while, then the other side is reset.</summary>
    internal void SourceLost(PipeHalf half, SocketError error) => Lose(half, error);

    /// <summary>
    /// Called by a half whose target failed: the other half may still have bytes of it to deliver, and passes the reset on when it comes to
    /// their end. Is it there already (the target had sent its FIN), nobody else would.
    /// </summary>
    internal void TargetLost(PipeHalf half, SocketError error)
    {
        var reading = half == _toBackend ? _toClient : _toBackend;
        Lose(reading, error);
        Interlocked.MemoryBarrier();
        if (reading.HasEnded) _ = PassResetOnAsync();
    }

    /// <summary>Called by the sweep: ends the relay when one of its times has passed.</summary>
    internal void Check(long now)
    {
        long written = BytesIn + BytesOut;
        bool finRead = Volatile.Read(ref _firstFin) != None;
        if (written != _seenWritten || finRead != _finNoted)
        {
            _seenWritten = written;
            _finNoted = finRead;
            _settled = false;
            _progressAt = now;
        }
        else if (!_settled)
        {
            CheckDelivery(now);
        }

        if (finRead)
        {
            LookForReset(_toClient, _toBackend);
            LookForReset(_toBackend, _toClient);
        }

        if (now >= Volatile.Read(ref _flushBy)) Reset((EndReason)_lost);
        else if (_time.GetElapsedTime(_progressAt, now) >= (finRead ? _options.HalfCloseTimeout : _options.IdleTimeout)) Reset(EndReason.Idle);
    }

    /// <summary>A side that resets after its FIN is read by nobody, and may not be written to for long: its state tells.</summary>
    private void LookForReset(PipeHalf reading, PipeHalf writing)
    {
        if (reading.HasEnded && !reading.SourceLost && WasReset(reading)) TargetLost(writing, SocketError.ConnectionReset);
    }

    /// <summary>
    /// Nothing was written lately, but what was written before may still be on its way: bytes that a slow reader acknowledges are progress,
    /// bytes that nobody acknowledges although the window is open are a dead backend. Asked until all is delivered, so an idle relay costs nothing.
    /// </summary>
    private void CheckDelivery(long now)
    {
        var backend = TcpState.Read(_backend.Socket);
        var client = TcpState.Read(_client.Socket);
        if (backend is not { } toBackend || client is not { } toClient)
        {
            _settled = true;
            return;
        }

        if (toBackend.AckedBytes != _backendAcked || toClient.AckedBytes != _clientAcked)
        {
            _backendAcked = toBackend.AckedBytes;
            _clientAcked = toClient.AckedBytes;
            _progressAt = now;
        }

        _settled = toBackend.IsDelivered && toClient.IsDelivered;
        if (toBackend is { UnackedSegments: > 0, PeerWindow: > 0 } && toBackend.SinceLastAck > LongestUnacked) Reset(EndReason.BackendTimeout);
    }

    private bool TrySetNonBlocking()
    {
        try
        {
            _client.Socket.Blocking = false;
            _backend.Socket.Blocking = false;
            return true;
        }
        catch (ObjectDisposedException)
        {
            // Reset before it ran.
            return false;
        }
    }

    private async Task RunHalfAsync(PipeHalf half)
    {
        var end = await half.RunAsync();
        half.HasEnded = true;
        Interlocked.MemoryBarrier();
        if (end == HalfEnd.TargetLost) return;
        if (end == HalfEnd.Fin && WasReset(half)) Lose(half, SocketError.ConnectionReset);
        if (half.SourceLost) await PassResetOnAsync();
        else ShutdownSend(half);
    }

    /// <summary>
    /// Whether an end of stream was really a reset whose error a write has taken: an error is told to one caller only, and that caller may
    /// not have come to say so yet. The state tells, as long as our own FIN is not out: after two FINs the socket is closed as well.
    /// </summary>
    private bool WasReset(PipeHalf half)
    {
        bool closed = TcpState.Read(half.Source) is { IsClosed: true };
        var writing = half == _toBackend ? _toClient : _toBackend;
        return half.SourceLost || (closed && !writing.FinSent);
    }

    private static void ShutdownSend(PipeHalf half)
    {
        half.FinSent = true;
        try
        {
            half.Target.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Reset meanwhile: the half that reads from it says so.
        }
    }

    /// <summary>Notes that the side which <paramref name="reading"/> reads from is lost; the first to be lost names the end.</summary>
    private void Lose(PipeHalf reading, SocketError error)
    {
        reading.SourceLost = true;
        bool silent = error == SocketError.TimedOut;
        var reason = reading == _toBackend
            ? (silent ? EndReason.ClientTimeout : EndReason.ClientReset)
            : (silent ? EndReason.BackendTimeout : EndReason.BackendReset);
        if (Interlocked.CompareExchange(ref _lost, (int)reason, None) != None) return;
        Volatile.Write(ref _flushBy, _time.After(FlushTime));
    }

    /// <summary>Waits until the surviving side's kernel has acknowledged everything, then resets both.</summary>
    private async Task PassResetOnAsync()
    {
        var survivor = ((EndReason)_lost is EndReason.ClientReset or EndReason.ClientTimeout ? _backend : _client).Socket;
        if (!OperatingSystem.IsLinux()) await Task.Delay(BlindFlushTime, _time);
        while (Volatile.Read(ref _end) == None
            && _time.GetTimestamp() < Volatile.Read(ref _flushBy)
            && TcpState.Read(survivor) is { IsClosed: false, IsDelivered: false })
        {
            await Task.Delay(DeliveryCheck, _time);
        }

        End((EndReason)_lost, reset: true);
    }

    private void End(EndReason reason, bool reset)
    {
        if (Interlocked.CompareExchange(ref _end, (int)reason, None) != None) return;
        if (reset)
        {
            _client.Reset();
            _backend.Reset();
        }
        else
        {
            _client.Close();
            _backend.Close();
        }
    }
}
