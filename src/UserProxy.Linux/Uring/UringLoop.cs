using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using UserProxy.Linux.Epoll;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Loops;
using UserProxy.Serving;
using UserProxy.Tcp;
using static UserProxy.Linux.Uring.RingConstants;

namespace UserProxy.Linux.Uring;

/// <summary>
/// A loop with a ring of its own: receives, sends and dials are entries of the ring, so that many of them cost one system call. Watches of listeners and of
/// faults are entries, too. Directions that have left the ring are told by an epoll instance, which the ring watches while the loop sleeps.
/// </summary>
internal sealed unsafe class UringLoop : EventLoop
{
    private const int KindShift = 56;

    private const ulong TokenMask = (1ul << KindShift) - 1;

    private const int AddressLength = 32, Addresses = 2048;

    /// <summary>The values of options that an entry can point to: as many as a hop limit has.</summary>
    private const int OptionValues = 256;

    private readonly ILogger _log;
    private readonly uint _entries;
    private readonly int _buffers;
    private EpollSet _epoll;
    private Ring _ring;
    private HandlerSlots _handlers = new();
    private readonly List<(int Descriptor, uint Events)> _watches = [];
    private readonly byte* _addresses;
    private readonly int* _optionValues;
    private List<UringConnection> _touched = [];
    private List<UringConnection> _touchedSpare = [];
    private readonly List<UringConnection> _starved = [];
    private int _nextAddress;
    private bool _setsOptions;
    private bool _watchesReady;

    public UringLoop(
        string name, int maxPipes, MemoryBudget memory, ILogger log, uint entries = Ring.MostEntries, int buffers = BufferPool.UsualCapacity)
        : base(name, maxPipes, memory, log)
    {
        _log = log;
        _entries = entries;
        _buffers = buffers;
        try
        {
            _epoll = new EpollSet();
            _ring = new Ring(_entries);
            Buffers = new BufferPool(_ring, memory, buffers);
        }
        catch
        {
            _ring?.Dispose();
            _epoll?.Dispose();
            base.Free();
            throw;
        }

        _addresses = (byte*)NativeMemory.Alloc(AddressLength * Addresses);
        _optionValues = (int*)NativeMemory.Alloc(OptionValues * sizeof(int));
        for (int i = 0; i < OptionValues; i++) _optionValues[i] = i;
    }

    /// <summary>Into which all connections of the loop receive.</summary>
    public BufferPool Buffers { get; private set; }

    /// <summary>For tests, which break it.</summary>
    internal Ring Ring => _ring;

    /// <summary>The kernel wakes the first in its row, and who asks again stands at its end.</summary>
    public override bool WatchesListenersOnce => true;

    public override void WatchListenerAgain(int slot) => Watch(slot);

    public override void Remove(int slot)
    {
        Cancel(RingOperation.Poll, slot);
        _handlers.Remove(slot);
    }

    public override LoopConnection Accepted(int descriptor, IPEndPoint local, IPEndPoint remote) =>
        new UringConnection(descriptor, this, local, remote, isClient: true);

    public override ValueTask<DialResult> DialAsync(LoopConnection client, IPEndPoint endpoint, DialOptions options) =>
        UringDial.StartAsync((UringConnection)client, endpoint, options);

    public override LoopHalf CreateHalf(LoopConnection from, LoopConnection to) => new UringHalf((UringConnection)from, (UringConnection)to);

    /// <summary>The owner's number for its operations, until <see cref="RemoveOwner"/>, which must come after the last completion.</summary>
    public int AddOwner(ILoopHandler owner) => _handlers.Add(owner);

    public void RemoveOwner(int slot) => _handlers.Remove(slot);

    /// <summary>Receives into <see cref="Buffers"/>: one, or with <see cref="ReceiveMultishot"/> until a completion says that no more come.</summary>
    public void Receive(int owner, int fd, ushort mode)
    {
        var entry = Next(RingOperation.Receive, owner, OpReceive, fd);
        entry->Flags = EntryBufferSelect;
        entry->Mode = mode;
        entry->BufferGroup = BufferPool.Group;
    }

    /// <summary>Sends all of it, however long the peer takes; less than all only with an error to come.</summary>
    public void Send(int owner, int fd, byte* bytes, int length, bool moreFollows)
    {
        var entry = Next(RingOperation.Send, owner, OpSend, fd);
        entry->Address = (ulong)bytes;
        entry->Length = (uint)length;
        entry->OperationFlags = (uint)(Libc.MSG_NOSIGNAL | Libc.MSG_WAITALL | (moreFollows ? Libc.MSG_MORE : 0));
    }

    public void Connect(int owner, int fd, IPEndPoint endpoint)
    {
        // The kernel copies the address when the entry is submitted, and there are more of them than entries.
        byte* address = _addresses + (_nextAddress++ % Addresses * AddressLength);
        int length = SockAddr.Write(endpoint, new Span<byte>(address, AddressLength));
        var entry = Next(RingOperation.Connect, owner, OpConnect, fd);
        entry->Address = (ulong)address;
        entry->Offset = (ulong)length;
    }

    /// <summary>By an entry, before whatever is asked for next, where the kernel has one for it and the value is of a byte.</summary>
    public override void SetOption(int fd, int level, int name, int value)
    {
        if (_setsOptions && (uint)value < OptionValues) NextOption(fd, level, name, value)->Flags = EntrySkipSuccess;
        else base.SetOption(fd, level, name, value);
    }

    /// <summary>close(2), after whatever was asked for before.</summary>
    public void Close(int fd)
    {
        var entry = Next(RingOperation.Unheard, 0, OpClose, fd);
        entry->Flags = EntrySkipSuccess;
    }

    /// <summary>The operation ends soon, if it has not ended by itself; its completion comes as ever.</summary>
    public void Cancel(RingOperation operation, int owner)
    {
        var entry = Next(RingOperation.Unheard, 0, OpAsyncCancel, -1);
        entry->Flags = EntrySkipSuccess;
        entry->Address = TokenOf(operation, owner);
    }

    /// <summary>Calls it at the end of the turn, once, whatever comes for it until then.</summary>
    public void Touch(UringConnection connection) => _touched.Add(connection);

    /// <summary>Tells the handler of <paramref name="events"/> as they come, until <see cref="Remove"/>.</summary>
    public int AddWatch(int fd, ILoopHandler handler, uint events) => Add(fd, handler, events);

    /// <summary>
    /// As <see cref="AddWatch"/>, by epoll: the masks of a ring's watch are those of the wake-up, in which every byte looks like an urgent one. The result is
    /// minus errno when the kernel has no room for it.
    /// </summary>
    public int AddReady(int fd, ILoopHandler handler, uint events)
    {
        int slot = _handlers.Add(handler);
        int result = _epoll.Add(fd, events, _handlers.TokenOf(slot));
        if (result >= 0) return slot;
        _handlers.Remove(slot);
        return result;
    }

    /// <summary>The opposite of <see cref="AddReady"/>; <paramref name="fd"/> stays open.</summary>
    public void RemoveReady(int fd, int slot)
    {
        _epoll.Remove(fd);
        _handlers.Remove(slot);
    }

    /// <summary>It found no buffer: it receives again when there is one.</summary>
    public void WaitForBuffer(UringConnection connection) => _starved.Add(connection);

    protected override int Add(int fd, ILoopHandler handler, uint events)
    {
        int slot = _handlers.Add(handler);
        while (_watches.Count <= slot) _watches.Add(default);
        _watches[slot] = (fd, events);
        Watch(slot);
        return slot;
    }

    protected override void Begin()
    {
        _ring.Enable();
        _setsOptions = CanSetOptions();
        Watch(WakeDescriptor, RingOperation.WakeUp, PollMultishot);
    }

    /// <summary>Whoever had something in the ring is told; listeners are watched again, connections end with RST.</summary>
    private void BeginAnew(RingException reason)
    {
        _log.RingBroke(reason, Name);
        _ring.Disable();
        _ring.CloseUnsubmitted();
        _ring.Dispose();
        Buffers.Dispose();
        _epoll.Dispose();
        _epoll = new EpollSet();
        _ring = new Ring(_entries);
        Buffers = new BufferPool(_ring, Memory, _buffers);
        var handlers = _handlers.All.ToHashSet();
        _handlers = new HandlerSlots();
        _watchesReady = false;
        _touched.Clear();
        _touchedSpare.Clear();
        _starved.Clear();
        Begin();
        foreach (var handler in handlers) handler.Forget(this);
        foreach (var handler in handlers) handler.OnBroken(this);
    }

    /// <summary>Asked of the kernel once, with a socket that is then closed.</summary>
    private bool CanSetOptions()
    {
        int socket = Libc.Socket(Libc.AF_INET);
        if (socket < 0) return false;
        NextOption(socket, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, 1);
        _ring.SubmitAndWait(-1);
        bool can = _ring.Count() > 0 && _ring.Take(0)->Result == 0;
        _ring.Advance(_ring.Count());
        Libc.Close(socket);
        return can;
    }

    /// <summary>What was asked for last, closes among it, is not forgotten.</summary>
    protected override void End()
    {
        try
        {
            _ring.SubmitAndWait(0);
        }
        catch (RingException e)
        {
            _log.RingBroke(e, Name);
            _ring.CloseUnsubmitted();
        }
    }

    protected override void Turn()
    {
        try
        {
            base.Turn();
        }
        catch (RingException e)
        {
            BeginAnew(e);
        }
    }

    protected override void WaitAndDispatch(int timeoutMilliseconds)
    {
        Buffers.Provide();
        ResumeStarved();
        // As unsigned numbers, in which never is the latest.
        int timeout = (int)Math.Min((uint)timeoutMilliseconds, (uint)Buffers.TrimDue(Now));
        if (_touched.Count > 0) timeout = 0;
        if (timeout != 0) WatchReady();
        _ring.SubmitAndWait(timeout);
        for (uint count = _ring.Count(); count > 0; count = _ring.Count())
        {
            for (uint i = 0; i < count; i++) Dispatch(_ring.Take(i));
            _ring.Advance(count);
        }

        RunTouched();
        if (!_watchesReady) DispatchReady();
        Buffers.TrimIfDue(Now);
    }

    /// <summary>For one wake-up: a watch that goes on is told of what its own turn moves, and bulk wakes the loop again and again for nothing.</summary>
    private void WatchReady()
    {
        if (_watchesReady) return;
        Watch(_epoll.Descriptor, RingOperation.Ready, length: 0);
        _watchesReady = true;
    }

    /// <summary>Bulk takes its time: what small messages have asked for goes to the kernel first.</summary>
    private void DispatchReady()
    {
        _ring.Submit();
        do _epoll.Dispatch(0, _handlers, this);
        while (_epoll.IsFull);
        RunTouched();
    }

    protected override void Free()
    {
        base.Free();
        _ring.Dispose();
        _epoll.Dispose();
        Buffers.Dispose();
        NativeMemory.Free(_addresses);
        NativeMemory.Free(_optionValues);
    }

    private void RunTouched()
    {
        (_touched, _touchedSpare) = (_touchedSpare, _touched);
        foreach (var connection in _touchedSpare) connection.OnTurnEnds();
        _touchedSpare.Clear();
    }

    private void ResumeStarved()
    {
        if (_starved.Count == 0) return;
        Buffers.Grow();
        Buffers.Provide();
        foreach (var connection in _starved)
        {
            if (Buffers.IsExhausted) connection.StopStarved();
            else connection.ReceiveAgain();
        }

        _starved.Clear();
    }

    private void Dispatch(CompletionEntry* completion)
    {
        ulong data = completion->UserData;
        var operation = (RingOperation)(data >> KindShift);
        switch (operation)
        {
            case RingOperation.Unheard:
                return;
            case RingOperation.WakeUp:
                ClearWakeUp();
                if ((completion->Flags & CompletionMore) == 0) Watch(WakeDescriptor, RingOperation.WakeUp, PollMultishot);
                return;
            case RingOperation.Ready:
                _watchesReady = false;
                return;
            case RingOperation.Poll:
                Watched(data & TokenMask, completion->Result, completion->Flags);
                return;
            default:
                var owner = _handlers.Find(data & TokenMask);
                // Nearly always; the compiler calls it directly.
                if (owner is UringConnection connection) connection.OnCompletion(operation, completion->Result, completion->Flags);
                else if (owner is UringDial dial) dial.OnConnected(completion->Result);
                return;
        }
    }

    private void Watched(ulong token, int result, uint flags)
    {
        if (_handlers.Find(token) is not { } handler) return;
        int slot = (int)(uint)token;
        bool isListener = (_watches[slot].Events & Libc.EPOLLEXCLUSIVE) != 0;
        if ((flags & CompletionMore) == 0 && result >= 0 && !isListener) Watch(slot);
        handler.OnEvents(this, result >= 0 ? (uint)result : Libc.EPOLLERR);
    }

    private void Watch(int slot)
    {
        var (fd, events) = _watches[slot];
        var entry = Next(RingOperation.Poll, slot, OpPollAdd, fd);
        // Edge-triggered it is by itself, unless it is asked not to be.
        entry->Length = (events & Libc.EPOLLEXCLUSIVE) != 0 ? 0 : PollMultishot;
        entry->OperationFlags = events & ~Libc.EPOLLET;
    }

    private void Watch(int fd, RingOperation operation, uint length)
    {
        var entry = _ring.Next();
        entry->Operation = OpPollAdd;
        entry->Descriptor = fd;
        entry->Length = length;
        entry->OperationFlags = Libc.EPOLLIN;
        entry->UserData = (ulong)operation << KindShift;
    }

    private SubmissionEntry* Next(RingOperation operation, int owner, byte code, int fd)
    {
        var entry = _ring.Next();
        entry->Operation = code;
        entry->Descriptor = fd;
        entry->UserData = operation == RingOperation.Unheard ? (ulong)operation << KindShift : TokenOf(operation, owner);
        return entry;
    }

    private SubmissionEntry* NextOption(int fd, int level, int name, int value)
    {
        var entry = Next(RingOperation.Unheard, 0, OpCommand, fd);
        entry->Offset = SocketSetOption;
        entry->Address = (uint)level | ((ulong)(uint)name << 32);
        entry->OptionLength = sizeof(int);
        entry->OptionValue = (ulong)(_optionValues + value);
        return entry;
    }

    private ulong TokenOf(RingOperation operation, int owner) => ((ulong)operation << KindShift) | _handlers.TokenOf(owner);
}
