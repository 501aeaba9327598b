using System.Net.Sockets;
using UserProxy.Serving;

namespace UserProxy.Tcp.Sockets;

/// <summary>
/// Joins two sockets by two <see cref="PipeHalf"/>s and decides what their outcomes mean for both sides. Invariants: a FIN is passed on only after the last
/// byte, and only if its sender was not reset. A reset is passed on after what came before it has reached the other kernel, or two seconds later.
/// </summary>
internal sealed class PipeRelay : Relay
{
    /// <summary>For so long after a RST it is looked often whether what came before it has been delivered.</summary>
    private static readonly TimeSpan PromptTime = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan PromptCheck = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan DeliveryCheck = TimeSpan.FromMilliseconds(500);

    /// <summary>Where the kernel does not say what is delivered, a reset waits this long for its own data to go ahead.</summary>
    private static readonly TimeSpan BlindFlushTime = TimeSpan.FromMilliseconds(200);

    /// <summary>As TCP_USER_TIMEOUT (tcp(7)), which cannot be used because it also kills a legal reader that keeps its window closed.</summary>
    private static readonly TimeSpan LongestUnacked = TimeSpan.FromSeconds(30);

    private const int None = -1;

    private readonly SocketConnection _client;
    private readonly SocketConnection _backend;
    private readonly PipeHalf _in;
    private readonly PipeHalf _out;
    private readonly RelayOptions _options;
    private readonly RelaySweep _sweep;
    private readonly TimeProvider _time;

    private int _firstFin = None;
    private int _lost = None;
    private int _end = None;

    // Written by the sweep only.
    private long _seenWritten;
    private long _progressAt;
    private bool _endsWithProcess;
    private bool _finNoted;
    private bool _settled;
    private ulong _backendAcked;
    private ulong _clientAcked;

    public PipeRelay(
        SocketConnection client, SocketConnection backend, RelayOptions options, MemoryBudget memory, int bufferLimit, RelaySweep sweep, TimeProvider time)
    {
        _client = client;
        _backend = backend;
        _in = new PipeHalf(client, backend, memory, bufferLimit, options.Trace, isIn: true);
        _out = new PipeHalf(backend, client, memory, bufferLimit, options.Trace);
        _options = options;
        _sweep = sweep;
        _time = time;
        _progressAt = time.GetTimestamp();
    }

    /// <summary>Links of <see cref="RelaySweep"/>, touched only there.</summary>
    internal PipeRelay? Next { get; set; }

    internal PipeRelay? Previous { get; set; }

    public override long BytesIn => _in.Written;

    public override long BytesOut => _out.Written;

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
                var inward = RunHalfAsync(_in, _out);
                await RunHalfAsync(_out, _in);
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

    /// <summary>Called by the sweep: ends the relay when one of its times has passed.</summary>
    internal void Check(long now)
    {
        if (!_endsWithProcess)
        {
            // Not sooner: most connections are over by then, and pay nothing.
            _client.ResetWhenProcessDies();
            _backend.ResetWhenProcessDies();
            _endsWithProcess = true;
        }

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
            FindReset(_out);
            FindReset(_in);
        }

        // Who reads slowly what came before a RST has as long as after a FIN: without a proxy its own kernel would keep the bytes for it.
        int lost = Volatile.Read(ref _lost);
        var limit = finRead || lost != None ? _options.HalfCloseTimeout : _options.IdleTimeout;
        if (_time.GetElapsedTime(_progressAt, now) >= limit) Reset(lost == None ? EndReason.Idle : (EndReason)lost);
    }

    /// <summary>A side that resets after its FIN is read by nobody, and may not be written to for long: its state tells.</summary>
    private void FindReset(PipeHalf reading)
    {
        if (!reading.HasEnded || reading.From.IsBroken || !reading.From.WasReset()) return;
        reading.From.Break(SocketError.ConnectionReset);
        RecordLoss(reading);
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

    /// <summary>Moves bytes one way until they end, and passes that end on.</summary>
    /// <param name="half">The direction.</param>
    /// <param name="back">The other one, which reads from where this one writes.</param>
    private async Task RunHalfAsync(PipeHalf half, PipeHalf back)
    {
        Task<bool>? draining = null;
        var end = await half.FillAsync();
        if (end == HalfEnd.Spilled)
        {
            draining = DrainAsync(half, back);
            end = await half.FillAsync();
        }

        if (end == HalfEnd.Fin) Interlocked.CompareExchange(ref _firstFin, (int)(half == _in ? EndReason.ClientFin : EndReason.BackendFin), None);
        else RecordLoss(end == HalfEnd.SourceLost ? half : back);
        bool isTaken = await half.EndAsync(draining);
        Interlocked.MemoryBarrier();
        // Then the other half passes the reset on when it comes to the end of what it reads.
        if (!isTaken || end == HalfEnd.TargetLost) return;
        if (end == HalfEnd.SourceLost || half.From.WasReset()) RecordLoss(half);
        else half.To.FinishSending();
    }

    private async Task<bool> DrainAsync(PipeHalf half, PipeHalf back)
    {
        bool isTaken = await half.DrainAsync();
        if (!isTaken) RecordLoss(back);
        return isTaken;
    }

    /// <summary>
    /// The side is lost that <paramref name="reading"/> reads from; the first to be lost names the end. What came from it goes on to the other side. If that is
    /// done already, the reset is passed on here, as nobody else would.
    /// </summary>
    private void RecordLoss(PipeHalf reading)
    {
        bool silent = reading.From.TimedOut;
        var reason = reading == _in
            ? (silent ? EndReason.ClientTimeout : EndReason.ClientReset)
            : (silent ? EndReason.BackendTimeout : EndReason.BackendReset);
        Interlocked.CompareExchange(ref _lost, (int)reason, None);
        if (reading.HasEnded) _ = PassResetOnAsync();
    }

    /// <summary>Waits until the surviving side's kernel has acknowledged everything, then resets both.</summary>
    private async Task PassResetOnAsync()
    {
        var survivor = ((EndReason)_lost is EndReason.ClientReset or EndReason.ClientTimeout ? _backend : _client).Socket;
        if (!OperatingSystem.IsLinux()) await Task.Delay(BlindFlushTime, _time);
        long since = _time.GetTimestamp();
        while (Volatile.Read(ref _end) == None && TcpState.Read(survivor) is { IsClosed: false, IsDelivered: false })
        {
            await Task.Delay(_time.GetElapsedTime(since) < PromptTime ? PromptCheck : DeliveryCheck, _time);
        }

        End((EndReason)_lost, reset: true);
    }

    private void End(EndReason reason, bool reset)
    {
        if (Interlocked.CompareExchange(ref _end, (int)reason, None) != None) return;
        _options.Trace?.Closes(_client.ReadLeg(), _backend.ReadLeg());
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
