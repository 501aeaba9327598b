using System.Net;
using Microsoft.Extensions.Logging;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Loops;
using UserProxy.Serving;
using UserProxy.Tcp;

namespace UserProxy.Linux.Epoll;

/// <summary>A loop that waits with epoll(7) and moves bytes by a system call each. Of the epoll transport, and of all datagrams.</summary>
internal sealed unsafe class EpollLoop : EventLoop
{
    private const ulong WakeUp = ulong.MaxValue;

    private readonly FileHandle _epoll;
    private readonly EpollEventBuffer _events = new();
    private readonly HandlerSlots _handlers = new();

    public EpollLoop(string name, int maxPipes, MemoryBudget memory, ILogger log)
        : base(name, maxPipes, memory, log)
    {
        _epoll = new FileHandle(Check(Libc.EpollCreate()));
        Check(Libc.EpollAdd(_epoll.Descriptor, WakeDescriptor, Libc.EPOLLIN | Libc.EPOLLET, WakeUp));
    }

    /// <summary>Closing the descriptor takes it out of epoll by itself.</summary>
    public override void Remove(int slot) => _handlers.Remove(slot);

    public override LoopConnection Accepted(int descriptor, IPEndPoint local, IPEndPoint remote) => new(descriptor, this, local, remote, isClient: true);

    public override ValueTask<DialResult> DialAsync(LoopConnection client, IPEndPoint endpoint, DialOptions options) =>
        ReadyDial.StartAsync(client, endpoint, options);

    public override LoopHalf CreateHalf(LoopConnection from, LoopConnection to) => new ReadyHalf(from, to);

    protected override int Add(int fd, ILoopHandler handler, uint events)
    {
        int slot = _handlers.Add(handler);
        int result = Libc.EpollAdd(_epoll.Descriptor, fd, events, _handlers.TokenOf(slot));
        if (result >= 0) return slot;
        Remove(slot);
        return result;
    }

    protected override void WaitAndDispatch(int timeoutMilliseconds)
    {
        int count = Libc.EpollWait(_epoll.Descriptor, _events.Pointer, EpollEventBuffer.Capacity, timeoutMilliseconds);
        for (int i = 0; i < count; i++)
        {
            ulong token = _events.Data(i);
            if (token == WakeUp) ClearWakeUp();
            else _handlers.Find(token)?.OnEvents(this, _events.Mask(i));
        }
    }

    protected override void Free()
    {
        base.Free();
        _events.Dispose();
        _epoll.Dispose();
    }
}
