using UserProxy.Linux.Kernel;
using UserProxy.Linux.Loops;

namespace UserProxy.Linux.Epoll;

/// <summary>One epoll(7) instance. An <see cref="EpollLoop"/> waits with it; a loop that waits with a ring looks when the ring says so.</summary>
internal sealed unsafe class EpollSet : IDisposable
{
    /// <summary>Registered by its owner, who is told by the result of <see cref="Dispatch"/>.</summary>
    public const ulong WakeUp = ulong.MaxValue;

    private readonly FileHandle _epoll;
    private readonly EpollEventBuffer _events = new();

    public EpollSet()
    {
        int result = Libc.EpollCreate();
        _epoll = new FileHandle(result >= 0 ? result : throw Errno.ToException(result));
    }

    /// <summary>Readable when there are events.</summary>
    public int Descriptor => _epoll.Descriptor;

    /// <summary>Minus errno when the kernel has no room for it.</summary>
    public int Add(int fd, uint events, ulong token) => Libc.EpollAdd(_epoll.Descriptor, fd, events, token);

    /// <summary>Not needed for a descriptor that is being closed.</summary>
    public void Remove(int fd) => Libc.EpollRemove(_epoll.Descriptor, fd);

    /// <summary>
    /// Waits at most so long (minus one: for ever) and tells the handlers what has come; true when a wake-up was among it.
    /// </summary>
    public bool Dispatch(int timeoutMilliseconds, HandlerSlots handlers, EventLoop loop)
    {
        bool woken = false;
        int count = Libc.EpollWait(_epoll.Descriptor, _events.Pointer, EpollEventBuffer.Capacity, timeoutMilliseconds);
        for (int i = 0; i < count; i++)
        {
            ulong token = _events.Data(i);
            if (token == WakeUp) woken = true;
            else handlers.Find(token)?.OnEvents(loop, _events.Mask(i));
        }

        IsFull = count == EpollEventBuffer.Capacity;
        return woken;
    }

    /// <summary>There may be more events than the last look had room for.</summary>
    public bool IsFull { get; private set; }

    public void Dispose()
    {
        _events.Dispose();
        _epoll.Dispose();
    }
}
