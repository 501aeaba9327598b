using System.Net;
using Microsoft.Extensions.Logging;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Loops;
using UserProxy.Serving;
using UserProxy.Tcp;
using static UserProxy.Linux.Uring.RingConstants;

namespace UserProxy.Linux.Uring;

/// <summary>
/// A loop with a ring of its own: receives, sends and dials are entries of the ring, so that many of them cost one system call. Watches of readiness are
/// entries, too: for listeners, and for directions that move bulk.
/// </summary>
internal sealed unsafe class UringLoop : EventLoop
{
    private const int KindShift = 56;

    private const ulong TokenMask = (1ul << KindShift) - 1;

    private const int AddressLength = 32, Addresses = 2048;

    private readonly Ring _ring;
    private readonly HandlerSlots _handlers = new();
    private readonly List<(int Descriptor, uint Events)> _watches = [];
    private readonly byte* _addresses;
    private List<UringConnection> _touched = [];
    private List<UringConnection> _touchedSpare = [];
    private readonly List<UringConnection> _starved = [];
    private int _nextAddress;

    public UringLoop(string name, int maxPipes, MemoryBudget memory, ILogger log)
        : base(name, maxPipes, memory, log)
    {
        try
        {
            _ring = new Ring();
            Buffers = new BufferPool(_ring, memory);
        }
        catch
        {
            _ring?.Dispose();
            base.Free();
            throw;
        }

        _addresses = (byte*)System.Runtime.InteropServices.NativeMemory.Alloc(AddressLength * Addresses);
    }

    /// <summary>Into which all connections of the loop receive.</summary>
    public BufferPool Buffers { get; }

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
    public int AddOwner(IRingHandler owner) => _handlers.Add(owner);

    public void RemoveOwner(int slot) => _handlers.Remove(slot);

    /// <summary>
    /// Receives into <see cref="Buffers"/> again and again; a completion without more to come ends it. <paramref name="pollFirst"/> says that nothing can have
    /// come yet.
    /// </summary>
    public void Receive(int owner, int fd, bool pollFirst)
    {
        var entry = Next(RingOperation.Receive, owner, OpReceive, fd);
        entry->Flags = EntryBufferSelect;
        entry->Mode = (ushort)(ReceiveMultishot | (pollFirst ? PollFirst : 0));
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

    /// <summary>The operation ends soon, if it has not ended by itself; its completion comes as ever.</summary>
    public void Cancel(RingOperation operation, int owner)
    {
        var entry = Next(RingOperation.Cancel, 0, OpAsyncCancel, -1);
        entry->Flags = EntrySkipSuccess;
        entry->Address = TokenOf(operation, owner);
    }

    /// <summary>Tells the connection's owner at the end of the turn, once, whatever comes for it until then.</summary>
    public void Touch(UringConnection connection) => _touched.Add(connection);

    /// <summary>Tells the handler of <paramref name="events"/> as they come, until <see cref="Remove"/>.</summary>
    public int AddWatch(int fd, ILoopHandler handler, uint events) => Add(fd, handler, events);

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
        WatchWakeUps();
    }

    protected override void WaitAndDispatch(int timeoutMilliseconds)
    {
        Buffers.Provide();
        FeedStarved();
        _ring.SubmitAndWait(_touched.Count > 0 ? 0 : timeoutMilliseconds);
        for (uint count = _ring.Count(); count > 0; count = _ring.Count())
        {
            for (uint i = 0; i < count; i++) Dispatch(_ring.Take(i));
            _ring.Advance(count);
        }

        RunTouched();
    }

    protected override void Free()
    {
        base.Free();
        _ring.Dispose();
        Buffers.Dispose();
        System.Runtime.InteropServices.NativeMemory.Free(_addresses);
    }

    private void RunTouched()
    {
        (_touched, _touchedSpare) = (_touchedSpare, _touched);
        foreach (var connection in _touchedSpare) connection.TellOwner();
        _touchedSpare.Clear();
    }

    private void FeedStarved()
    {
        if (_starved.Count == 0) return;
        Buffers.Grow();
        Buffers.Provide();
        foreach (var connection in _starved) connection.ReceiveAgain();
        _starved.Clear();
    }

    private void Dispatch(CompletionEntry* completion)
    {
        ulong data = completion->UserData;
        var operation = (RingOperation)(data >> KindShift);
        switch (operation)
        {
            case RingOperation.Cancel:
                return;
            case RingOperation.WakeUp:
                ClearWakeUp();
                if ((completion->Flags & CompletionMore) == 0) WatchWakeUps();
                return;
            case RingOperation.Poll:
                Watched(data & TokenMask, completion->Result, completion->Flags);
                return;
            default:
                if (_handlers.Find(data & TokenMask) is IRingHandler owner) owner.OnCompletion(operation, completion->Result, completion->Flags);
                return;
        }
    }

    private void Watched(ulong token, int result, uint flags)
    {
        if (_handlers.Find(token) is not { } handler) return;
        int slot = (int)(uint)token;
        if ((flags & CompletionMore) == 0 && result >= 0) Watch(slot);
        handler.OnEvents(this, result >= 0 ? (uint)result : Libc.EPOLLERR);
    }

    private void Watch(int slot)
    {
        var (fd, events) = _watches[slot];
        var entry = Next(RingOperation.Poll, slot, OpPollAdd, fd);
        // Edge-triggered it is by itself, unless it is asked not to be.
        entry->Length = PollMultishot;
        entry->OperationFlags = events & ~Libc.EPOLLET;
    }

    private void WatchWakeUps()
    {
        var entry = _ring.Next();
        entry->Operation = OpPollAdd;
        entry->Descriptor = WakeDescriptor;
        entry->Length = PollMultishot;
        entry->OperationFlags = Libc.EPOLLIN;
        entry->UserData = (ulong)RingOperation.WakeUp << KindShift;
    }

    private SubmissionEntry* Next(RingOperation operation, int owner, byte code, int fd)
    {
        var entry = _ring.Next();
        entry->Operation = code;
        entry->Descriptor = fd;
        entry->UserData = operation == RingOperation.Cancel ? (ulong)operation << KindShift : TokenOf(operation, owner);
        return entry;
    }

    private ulong TokenOf(RingOperation operation, int owner) => ((ulong)operation << KindShift) | _handlers.TokenOf(owner);
}
