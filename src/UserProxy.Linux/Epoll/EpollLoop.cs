using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using UserProxy.Linux.Kernel;
using UserProxy.Serving;

namespace UserProxy.Linux.Epoll;

/// <summary>
/// One thread with one epoll instance. Everything that belongs to a connection happens on the loop that owns it, so connections need no locks; work from
/// elsewhere arrives by <see cref="Schedule"/>. Created and stopped by <see cref="EpollTransport"/>, and by the datagram engine for loops of its own.
/// </summary>
internal sealed unsafe class EpollLoop : PipeScheduler, IDisposable
{
    /// <summary>Interest in everything, edge-triggered: one registration serves a connection for its whole life.</summary>
    private const uint ConnectionEvents = Libc.EPOLLIN | Libc.EPOLLOUT | Libc.EPOLLPRI | Libc.EPOLLRDHUP | Libc.EPOLLET;

    /// <summary>Of a herd of loops waiting for one listener the kernel wakes one that is idle (EPOLLEXCLUSIVE, Linux 4.5).</summary>
    private const uint ListenerEvents = Libc.EPOLLIN | Libc.EPOLLET | Libc.EPOLLEXCLUSIVE;

    private const ulong WakeUp = ulong.MaxValue;

    [ThreadStatic]
    private static EpollLoop? RunningLoop;

    private readonly ILogger _log;
    private readonly FileHandle _epoll;
    private readonly FileHandle _wake;
    private readonly EpollEventBuffer _events = new();
    private readonly Thread _thread;

    private readonly List<IEpollHandler?> _handlers = [];
    private readonly List<uint> _generations = [];
    private readonly Stack<int> _freeSlots = [];

    private readonly Lock _remoteLock = new();
    private List<(Action<object?> Action, object? State)> _remote = [];
    private List<(Action<object?> Action, object? State)> _remoteSpare = [];
    private Queue<(Action<object?> Action, object? State)> _local = new();
    private Queue<(Action<object?> Action, object? State)> _localSpare = new();
    private int _wakePending;
    private volatile bool _stopping;
    private bool _freeAtEnd;
    private int _connections;
    private long _askedAt;

    public EpollLoop(string name, int maxPipes, MemoryBudget memory, ILogger log)
    {
        _log = log;
        _epoll = Own(Libc.EpollCreate());
        _wake = Own(Libc.EventFd());
        Check(Libc.EpollAdd(_epoll.Descriptor, _wake.Descriptor, Libc.EPOLLIN | Libc.EPOLLET, WakeUp));
        Memory = memory;
        Pipes = new PipePool(maxPipes, memory);
        _thread = new Thread(Run) { Name = name, IsBackground = true };
    }

    /// <summary>The loop whose thread is running, or null.</summary>
    public static EpollLoop? Current => RunningLoop;

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

    public void Start() => _thread.Start();

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
        Schedule(static loop => Volatile.Write(ref ((EpollLoop)loop!)._askedAt, 0), this);
        return true;
    }

    /// <summary>Registers a connection's descriptor; only on the loop. Returns its slot, or minus errno.</summary>
    public int AddConnection(int fd, IEpollHandler handler) => Add(fd, handler, ConnectionEvents);

    /// <summary>As <see cref="AddConnection"/>, for a listening descriptor that other loops wait for, too.</summary>
    public int AddListener(int fd, IEpollHandler handler) => Add(fd, handler, ListenerEvents);

    /// <summary>As <see cref="AddConnection"/>, level-triggered and for reading only: who reads a batch is told again while more is there.</summary>
    public int AddDatagrams(int fd, IEpollHandler handler) => Add(fd, handler, Libc.EPOLLIN);

    /// <summary>Removes a registration whose descriptor is being closed, which takes it out of epoll by itself.</summary>
    public void Remove(int slot)
    {
        _handlers[slot] = null;
        // Events of this batch that are still to come for the old descriptor no longer match.
        _generations[slot]++;
        _freeSlots.Push(slot);
    }

    /// <summary>Also from the loop's own thread, which still reads its events then: it frees them when it is through.</summary>
    public void Dispose()
    {
        Stop();
        if (RunningLoop == this) _freeAtEnd = true;
        else Free();
    }

    private void Free()
    {
        Pipes.Dispose();
        Buffer.Dispose();
        _events.Dispose();
        _wake.Dispose();
        _epoll.Dispose();
    }

    private int Add(int fd, IEpollHandler handler, uint events)
    {
        if (!_freeSlots.TryPop(out int slot))
        {
            slot = _handlers.Count;
            _handlers.Add(null);
            _generations.Add(0);
        }

        _handlers[slot] = handler;
        int result = Libc.EpollAdd(_epoll.Descriptor, fd, events, ((ulong)_generations[slot] << 32) | (uint)slot);
        if (result >= 0) return slot;
        Remove(slot);
        return result;
    }

    private void Run()
    {
        RunningLoop = this;
        try
        {
            while (!_stopping) Turn();
            RunScheduled();
            if (_freeAtEnd) Free();
        }
        catch (Exception exception)
        {
            // The connections of this loop would hang for ever and its share of the accepts with them: ending is the honest way.
            _log.LoopDied(exception, _thread.Name);
            Environment.FailFast($"the {_thread.Name} loop ended unexpectedly", exception);
        }
    }

    private void Turn()
    {
        int count = Libc.EpollWait(_epoll.Descriptor, _events.Pointer, EpollEventBuffer.Capacity, NextTimeout());
        for (int i = 0; i < count; i++) Dispatch(_events.Data(i), _events.Mask(i));
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

    private void Dispatch(ulong data, uint mask)
    {
        if (data == WakeUp)
        {
            Libc.ClearSignal(_wake.Descriptor);
            return;
        }

        int slot = (int)(uint)data;
        if (_generations[slot] == (uint)(data >> 32)) _handlers[slot]?.OnEvents(this, mask);
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

    private static FileHandle Own(int result) => new(Check(result));

    private static int Check(int result) => result >= 0 ? result : throw Errno.ToException(result);
}
