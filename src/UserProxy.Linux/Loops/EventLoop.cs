using System.IO.Pipelines;
using System.Net;
using Microsoft.Extensions.Logging;
using UserProxy.Linux.Kernel;
using UserProxy.Serving;

namespace UserProxy.Linux.Loops;

/// <summary>
/// One thread that waits for the kernel and acts on what it is told. Everything that belongs to a connection happens on the loop that owns it, so connections
/// need no locks; work from elsewhere arrives by <see cref="Schedule"/>. How it waits is its subclass's: epoll, or a ring. Created and stopped by
/// <see cref="LoopTransport"/>, and by the datagram engine for loops of its own.
/// </summary>
internal abstract class EventLoop : PipeScheduler, IDisposable
{
    /// <summary>Interest in everything, edge-triggered: one registration serves a connection for its whole life.</summary>
    public const uint ConnectionEvents = Libc.EPOLLIN | Libc.EPOLLOUT | Libc.EPOLLPRI | Libc.EPOLLRDHUP | Libc.EPOLLET;

    /// <summary>Of a herd of loops waiting for one listener the kernel wakes one (EPOLLEXCLUSIVE, Linux 4.5).</summary>
    private const uint ListenerEvents = Libc.EPOLLIN | Libc.EPOLLET | Libc.EPOLLEXCLUSIVE;

    [ThreadStatic]
    private static EventLoop? RunningLoop;

    private readonly ILogger _log;
    private readonly FileHandle _wake;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _begun = new();

    private readonly Lock _remoteLock = new();
    private List<(Action<object?> Action, object? State)> _remote = [];
    private List<(Action<object?> Action, object? State)> _remoteSpare = [];
    private Queue<(Action<object?> Action, object? State)> _local = new();
    private Queue<(Action<object?> Action, object? State)> _localSpare = new();
    private int _wakePending;
    private volatile bool _stopping;
    private bool _freeAtEnd;
    private bool _isFreed;
    private int _connections;
    private long _askedAt;

    protected EventLoop(string name, int maxPipes, MemoryBudget memory, ILogger log)
    {
        _log = log;
        _wake = new FileHandle(Check(Libc.EventFd()));
        Memory = memory;
        Pipes = new PipePool(maxPipes, memory);
        _thread = new Thread(Run) { Name = name, IsBackground = true };
    }

    /// <summary>The loop whose thread is running, or null.</summary>
    public static EventLoop? Current => RunningLoop;

    /// <summary>The one receive buffer of the loop: a read is written to the other side, or copied away, before the next.</summary>
    public ReceiveBuffer Buffer { get; } = new();

    /// <summary>What the connections of all loops hold.</summary>
    public MemoryBudget Memory { get; }

    public PipePool Pipes { get; }

    /// <summary>Dials under way and resets that wait for their last bytes to be acknowledged.</summary>
    public TimedList Soon { get; } = new(intervalMilliseconds: 10);

    /// <summary>Running relays.</summary>
    public TimedList Idle { get; } = new(intervalMilliseconds: 500);

    /// <summary>Client connections that this loop owns; other threads read it to share out new ones.</summary>
    public int Connections => Volatile.Read(ref _connections);

    public static long Now => Environment.TickCount64;

    protected string? Name => _thread.Name;

    /// <summary>Readable when work has come from another thread.</summary>
    protected int WakeDescriptor => _wake.Descriptor;

    /// <summary>Starts the thread; throws what its beginning throws.</summary>
    public void Start()
    {
        _thread.Start();
        _begun.Task.GetAwaiter().GetResult();
    }

    /// <summary>Ends the thread after what has been scheduled so far.</summary>
    public void Stop()
    {
        _stopping = true;
        Libc.Signal(_wake.Descriptor);
        if (_thread.IsAlive && RunningLoop != this) _thread.Join();
    }

    public void CountConnection(int change) => Interlocked.Add(ref _connections, change);

    /// <summary>Runs the action on this loop: later in this turn when called on it, else by waking it.</summary>
    public override void Schedule(Action<object?> action, object? state)
    {
        if (RunningLoop == this)
        {
            _local.Enqueue((action, state));
            return;
        }

        lock (_remoteLock) _remote.Add((action, state));
        if (Interlocked.Exchange(ref _wakePending, 1) == 0) Libc.Signal(_wake.Descriptor);
    }

    /// <summary>
    /// False when the loop has not come to new work for <paramref name="patience"/>: all that it owns stands still. Asked now and then, by one caller: each
    /// call asks for the next sign of life.
    /// </summary>
    public bool IsAlive(TimeSpan patience)
    {
        long asked = Volatile.Read(ref _askedAt);
        if (asked != 0) return Now - asked < patience.TotalMilliseconds;
        Volatile.Write(ref _askedAt, Now);
        Schedule(static loop => Volatile.Write(ref ((EventLoop)loop!)._askedAt, 0), this);
        return true;
    }

    /// <summary>Registers a connection's descriptor; only on the loop. Returns its slot, or minus errno.</summary>
    public int AddConnection(int fd, ILoopHandler handler) => Add(fd, handler, ConnectionEvents);

    /// <summary>As <see cref="AddConnection"/>, for a listening descriptor that other loops wait for, too.</summary>
    public int AddListener(int fd, ILoopHandler handler) => Add(fd, handler, ListenerEvents);

    /// <summary>As <see cref="AddConnection"/>, level-triggered and for reading only: who reads a batch is told again while more is there.</summary>
    public int AddDatagrams(int fd, ILoopHandler handler) => Add(fd, handler, Libc.EPOLLIN);

    /// <summary>setsockopt(2) with an int, of which nobody asks whether it was taken. Only on the loop.</summary>
    public virtual void SetOption(int fd, int level, int name, int value) => Libc.SetOption(fd, level, name, value);

    /// <summary>A listener's registration tells once and is over, until <see cref="WatchListenerAgain"/>: so the loops take turns.</summary>
    public virtual bool WatchesListenersOnce => false;

    /// <summary>Tells of clients again, at once if there are any. Only on the loop.</summary>
    public virtual void WatchListenerAgain(int slot)
    {
    }

    /// <summary>Removes a registration; just before its descriptor is closed. Only on the loop.</summary>
    public abstract void Remove(int slot);

    /// <summary>
    /// As <see cref="Remove"/>, for a descriptor that another process has, too: closing it would not end the registration, which goes with what is open. It is
    /// over with the next turn.
    /// </summary>
    public virtual void RemoveShared(int fd, int slot) => Remove(slot);

    /// <summary>A client that this transport's listener has accepted.</summary>
    public abstract LoopConnection Accepted(int descriptor, IPEndPoint local, IPEndPoint remote);

    /// <summary>Dials for a client of this loop; only on the loop.</summary>
    public abstract ValueTask<Tcp.DialResult> DialAsync(LoopConnection client, IPEndPoint endpoint, Tcp.DialOptions options);

    /// <summary>One direction of a relay between two connections of this loop.</summary>
    public abstract LoopHalf CreateHalf(LoopConnection from, LoopConnection to);

    /// <summary>Also from the loop's own thread, which still reads its events then: it frees them when it is through.</summary>
    public void Dispose()
    {
        Stop();
        if (RunningLoop == this) _freeAtEnd = true;
        else FreeOnce();
    }

    /// <summary>Registers the descriptor with <paramref name="events"/> of epoll_ctl(2). Returns its slot, or minus errno.</summary>
    protected abstract int Add(int fd, ILoopHandler handler, uint events);

    /// <summary>Called first on the loop's thread.</summary>
    protected virtual void Begin()
    {
    }

    /// <summary>Called last on the loop's thread.</summary>
    protected virtual void End()
    {
    }

    /// <summary>Waits for the kernel, at most so long (minus one: for ever), and acts on what it says.</summary>
    protected abstract void WaitAndDispatch(int timeoutMilliseconds);

    /// <summary>Gives everything back; the thread has ended, or is about to.</summary>
    protected virtual void Free()
    {
        Pipes.Dispose();
        Buffer.Dispose();
        _wake.Dispose();
    }

    /// <summary>To be called when <see cref="WakeDescriptor"/> is readable.</summary>
    protected void ClearWakeUp() => Libc.ClearSignal(_wake.Descriptor);

    protected static int Check(int result) => result >= 0 ? result : throw Errno.ToException(result);

    private void Run()
    {
        RunningLoop = this;
        try
        {
            Begin();
        }
        catch (Exception exception)
        {
            _begun.SetException(exception);
            return;
        }

        _begun.SetResult();
        try
        {
            while (!_stopping) Turn();
            RunScheduled();
            End();
            if (_freeAtEnd) FreeOnce();
        }
        catch (Exception exception)
        {
            // The connections of this loop would hang for ever and its share of the accepts with them: ending is the honest way.
            _log.LoopDied(exception, _thread.Name);
            Environment.FailFast($"the {_thread.Name} loop ended unexpectedly", exception);
        }
    }

    private void FreeOnce()
    {
        if (Interlocked.Exchange(ref _isFreed, true)) return;
        Free();
    }

    /// <summary>Waits, acts on what has come, and runs what was scheduled.</summary>
    protected virtual void Turn()
    {
        WaitAndDispatch(NextTimeout());
        RunScheduled();
        long now = Now;
        Soon.Sweep(now);
        Idle.Sweep(now);
    }

    private int NextTimeout()
    {
        if (_local.Count > 0) return 0;
        if (Soon.Count == 0 && Idle.Count == 0) return -1;
        long now = Now;
        int soon = Soon.Due(now), idle = Idle.Due(now);
        return soon < 0 ? idle : idle < 0 ? soon : Math.Min(soon, idle);
    }

    private void RunScheduled()
    {
        if (Volatile.Read(ref _wakePending) != 0) TakeRemote();
        // Only what is there now: work that schedules itself again waits for the next turn, after the sockets.
        (_local, _localSpare) = (_localSpare, _local);
        while (_localSpare.TryDequeue(out var work)) work.Action(work.State);
    }

    private void TakeRemote()
    {
        // Before the list is taken: whoever adds later signals again.
        Volatile.Write(ref _wakePending, 0);
        Interlocked.MemoryBarrier();
        lock (_remoteLock) (_remote, _remoteSpare) = (_remoteSpare, _remote);
        foreach (var work in _remoteSpare) _local.Enqueue(work);
        _remoteSpare.Clear();
    }
}
