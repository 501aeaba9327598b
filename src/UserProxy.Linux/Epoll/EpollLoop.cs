using System.Net;
using Microsoft.Extensions.Logging;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.Loops;
using UserProxy.Serving;
using UserProxy.Tcp;

namespace UserProxy.Linux.Epoll;

/// <summary>A loop that waits with epoll(7) and moves bytes by a system call each. Of the epoll transport, and of all datagrams.</summary>
internal sealed class EpollLoop : EventLoop
{
    private readonly EpollSet _epoll = new();
    private readonly HandlerSlots _handlers = new();

    public EpollLoop(string name, int maxPipes, MemoryBudget memory, ILogger log)
        : base(name, maxPipes, memory, log) => Check(_epoll.Add(WakeDescriptor, Libc.EPOLLIN | Libc.EPOLLET, EpollSet.WakeUp));

    /// <summary>Closing the descriptor takes it out of epoll by itself.</summary>
    public override void Remove(int slot) => _handlers.Remove(slot);

    public override void RemoveShared(int fd, int slot)
    {
        _epoll.Remove(fd);
        _handlers.Remove(slot);
    }

    public override LoopConnection Accepted(int descriptor, IPEndPoint local, IPEndPoint remote) => new(descriptor, this, local, remote, isClient: true);

    public override ValueTask<DialResult> DialAsync(LoopConnection client, IPEndPoint endpoint, DialOptions options) =>
        ReadyDial.StartAsync(client, endpoint, options);

    public override LoopHalf CreateHalf(LoopConnection from, LoopConnection to) => new ReadyHalf(from, to);

    protected override int Add(int fd, ILoopHandler handler, uint events)
    {
        int slot = _handlers.Add(handler);
        int result = _epoll.Add(fd, events, _handlers.TokenOf(slot));
        if (result >= 0) return slot;
        Remove(slot);
        return result;
    }

    protected override void WaitAndDispatch(int timeoutMilliseconds)
    {
        if (_epoll.Dispatch(timeoutMilliseconds, _handlers, this)) ClearWakeUp();
    }

    protected override void Free()
    {
        base.Free();
        _epoll.Dispose();
    }
}
