using UserProxy.Linux.Loops;

namespace UserProxy.Linux.Uring;

/// <summary>What an entry of a ring asked for, so that its completion finds the right place. The number goes through the kernel.</summary>
internal enum RingOperation : byte
{
    /// <summary>A watch of <see cref="EventLoop.Add"/>.</summary>
    Poll,
    Receive,
    Send,
    Connect,

    /// <summary>Nobody waits for it.</summary>
    Unheard,

    /// <summary>Work from other threads.</summary>
    WakeUp,

    /// <summary>Events of the loop's epoll instance.</summary>
    Ready,
}
