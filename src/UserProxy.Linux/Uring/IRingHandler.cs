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
    Cancel,

    /// <summary>Work from other threads.</summary>
    WakeUp,
}

/// <summary>Something that has operations in a ring: a connection, or a dial.</summary>
internal interface IRingHandler : ILoopHandler
{
    /// <summary>Called on the loop. <paramref name="result"/> is as of the system call, or minus errno.</summary>
    void OnCompletion(RingOperation operation, int result, uint flags);
}
