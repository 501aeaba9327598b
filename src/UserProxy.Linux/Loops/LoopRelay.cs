using System.Threading.Tasks.Sources;
using UserProxy.Linux.Kernel;
using UserProxy.Serving;
using UserProxy.Tcp;

namespace UserProxy.Linux.Loops;

/// <summary>
/// The relay of a <see cref="LoopTransport"/>: two <see cref="LoopHalf"/>s on one loop, moved by its events in plain code. All but <see cref="Reset"/> and the
/// counters runs on the loop.
/// </summary>
internal sealed class LoopRelay : Relay, IConnectionOwner, ITimed, IValueTaskSource<RelayResult>
{
    /// <summary>For so long after a RST it is looked often whether what came before it has reached the other side; then as seldom as at any relay.</summary>
    private const long PromptMilliseconds = 2_000;

    /// <summary>How long a backend may leave data unacknowledged that it has window for.</summary>
    private const long UnacknowledgedMilliseconds = 30_000;

    private const long Unknown = -1;

    private readonly LoopConnection _client;
    private readonly LoopConnection _backend;
    private readonly RelayOptions _options;
    private readonly LoopHalf _in;
    private readonly LoopHalf _out;

    private ManualResetValueTaskSourceCore<RelayResult> _done;

    /// <summary>The side that is to be reset once what was received for it has reached it.</summary>
    private LoopConnection? _victim;
    private EndReason? _reason;
    private TimedList _timed;
    private long _resetAt;
    private long _takenBytes;
    private long _progressAt;
    private long _progressBytes;
    private long _unacknowledged;
    private bool _handshakeAckIsDue = true;
    private bool _keptAlive;
    private bool _continuing;
    private bool _ended;

    public LoopRelay(LoopConnection client, LoopConnection backend, RelayOptions options)
    {
        _client = client;
        _backend = backend;
        _options = options;
        _in = FirstByteHalf.Around(client.Loop.CreateHalf(client, backend), options.Trace, isIn: true);
        _out = FirstByteHalf.Around(client.Loop.CreateHalf(backend, client), options.Trace, isIn: false);
        _timed = client.Loop.Idle;
    }

    public override long BytesIn => _in.Bytes;

    public override long BytesOut => _out.Bytes;

    public override TimeSpan Idle => BytesIn + BytesOut != Volatile.Read(ref _progressBytes)
        ? TimeSpan.Zero
        : TimeSpan.FromMilliseconds(Math.Max(0, EventLoop.Now - Volatile.Read(ref _progressAt)));

    public override bool IsHalfClosed => _in.IsPassedOn || _out.IsPassedOn;

    public int TimedIndex { get; set; } = -1;

    private EventLoop Loop => _client.Loop;

    public override ValueTask<RelayResult> RunAsync()
    {
        _client.Owner = _backend.Owner = this;
        _progressAt = EventLoop.Now;
        if (!_backend.TryAttach() || !_client.TryAttach())
        {
            Abort(EndReason.Limit);
            return new ValueTask<RelayResult>(this, _done.Version);
        }

        _timed.Add(this, _progressAt);
        // The client's first bytes have often come with its handshake.
        _client.Readable = true;
        Move();
        return new ValueTask<RelayResult>(this, _done.Version);
    }

    public override void Reset(EndReason reason) => Loop.Schedule(_ => Abort(reason), null);

    public void OnReady(LoopConnection connection) => Move();

    public void OnBroken() => Abort(EndReason.Limit);

    public void OnTick(long nowMilliseconds)
    {
        if (_victim is not null)
        {
            if (_timed == Loop.Soon && nowMilliseconds - _resetAt >= PromptMilliseconds) FollowIn(Loop.Idle);
            Move();
            return;
        }

        if (!_keptAlive)
        {
            _client.ResetWhenProcessDies();
            _backend.ResetWhenProcessDies();
            SocketSetup.SpreadKeepAlive(_client.Descriptor, _backend.Descriptor);
            _keptAlive = true;
        }

        long bytes = _in.Bytes + _out.Bytes;
        if (bytes != _progressBytes)
        {
            _progressBytes = bytes;
            _progressAt = nowMilliseconds;
            _unacknowledged = Unknown;
            return;
        }

        if (_unacknowledged != 0 && PeersStillTake()) _progressAt = nowMilliseconds;

        var limit = _in.IsPassedOn || _out.IsPassedOn ? _options.HalfCloseTimeout : _options.IdleTimeout;
        long idle = nowMilliseconds - _progressAt;
        if (idle >= limit.TotalMilliseconds) Abort(EndReason.Idle);
        else if (idle >= UnacknowledgedMilliseconds && BackendIsSilent()) Abort(EndReason.BackendTimeout);
    }

    RelayResult IValueTaskSource<RelayResult>.GetResult(short token) => _done.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<RelayResult>.GetStatus(short token) => _done.GetStatus(token);

    void IValueTaskSource<RelayResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);

    private void Move()
    {
        if (_ended) return;
        bool more = _in.Move() | _out.Move();
        if (_handshakeAckIsDue && !_in.HoldsBytes)
        {
            _handshakeAckIsDue = false;
            _backend.SendHandshakeAck();
        }

        HandleEnds();
        if (!more || _continuing || _ended) return;
        _continuing = true;
        Loop.Schedule(static relay => ((LoopRelay)relay!).Continue(), this);
    }

    private void Continue()
    {
        _continuing = false;
        Move();
    }

    /// <summary>Acts on what the halves have met: passes EOF on, answers a fault, or ends.</summary>
    private void HandleEnds()
    {
        _client.TakeFault();
        _backend.TakeFault();
        if (_victim is null)
        {
            if (_client.IsBroken) BeginReset(_client, _backend);
            else if (_backend.IsBroken) BeginReset(_backend, _client);
        }

        if (_victim is not null)
        {
            FinishReset();
            return;
        }

        PassOnEnd(_in, EndReason.ClientFin);
        PassOnEnd(_out, EndReason.BackendFin);
        if (_in.IsPassedOn && _out.IsPassedOn) End(resetClient: false, resetBackend: false);
    }

    private void PassOnEnd(LoopHalf half, EndReason reason)
    {
        if (!half.IsDrained || half.IsPassedOn) return;
        half.IsPassedOn = true;
        _reason ??= reason;
        _progressAt = EventLoop.Now;
        // The second FIN is sent by the close that follows at once.
        if (!(_in.IsPassedOn && _out.IsPassedOn)) half.To.FinishSending();
    }

    private void BeginReset(LoopConnection broken, LoopConnection victim)
    {
        bool isClient = broken == _client;
        _reason = broken.TimedOut
            ? (isClient ? EndReason.ClientTimeout : EndReason.BackendTimeout)
            : (isClient ? EndReason.ClientReset : EndReason.BackendReset);
        _victim = victim;
        _resetAt = _progressAt = EventLoop.Now;
        (isClient ? _out : _in).Drop();
        FollowIn(Loop.Soon);
        // What came before the RST is still in the socket and belongs to the other side.
        broken.Readable = true;
        (isClient ? _in : _out).Move();
        // The FIN that its last bytes may be waiting for does not come.
        SocketSetup.Push(victim.Descriptor);
    }

    /// <summary>
    /// Ends when all that came before the RST has been taken. A slow reader has as long as after a FIN: without a proxy its own kernel would keep the bytes for
    /// it.
    /// </summary>
    private void FinishReset()
    {
        var half = _victim == _backend ? _in : _out;
        int left = Libc.UnacknowledgedBytes(_victim!.Descriptor);
        if (half.Bytes - left != _takenBytes)
        {
            _takenBytes = half.Bytes - left;
            _progressAt = EventLoop.Now;
        }

        bool delivered = half.IsDrained && left == 0;
        bool givenUp = EventLoop.Now - _progressAt >= _options.HalfCloseTimeout.TotalMilliseconds;
        if (delivered || givenUp || _victim.IsBroken) End(resetClient: true, resetBackend: true);
    }

    private void FollowIn(TimedList list)
    {
        _timed.Remove(this);
        _timed = list;
        _timed.Add(this, EventLoop.Now);
    }

    private void Abort(EndReason reason)
    {
        if (_ended) return;
        _reason = reason;
        End(resetClient: true, resetBackend: true);
    }

    private void End(bool resetClient, bool resetBackend)
    {
        _ended = true;
        _timed.Remove(this);
        _in.Drop();
        _out.Drop();
        _options.Trace?.Closes(_client.ReadLeg(), _backend.ReadLeg());
        _client.Close(resetClient);
        _backend.Close(resetBackend);
        _done.SetResult(new RelayResult(_in.Bytes, _out.Bytes, _reason!.Value));
    }

    /// <summary>
    /// All has been handed to the kernel, but a slow reader may be taking it for minutes: what it acknowledges is progress. Asked from the last byte
    /// moved until nothing is left, so that an idle relay costs no system call.
    /// </summary>
    private bool PeersStillTake()
    {
        long before = _unacknowledged;
        _unacknowledged = Libc.UnacknowledgedBytes(_client.Descriptor) + (long)Libc.UnacknowledgedBytes(_backend.Descriptor);
        return before != Unknown && _unacknowledged != before;
    }

    /// <summary>
    /// What TCP_USER_TIMEOUT would do, without its mistake: that option also kills a legal slow reader that keeps its window closed (RFC 5482, and seen). Asked
    /// only when nothing has moved for as long.
    /// </summary>
    private unsafe bool BackendIsSilent()
    {
        TcpInfo info = default;
        return Libc.GetTcpInfo(_backend.Descriptor, &info) >= 0
            && info is { Unacknowledged: > 0, SendWindow: > 0, LastAckReceived: >= (uint)UnacknowledgedMilliseconds };
    }
}
