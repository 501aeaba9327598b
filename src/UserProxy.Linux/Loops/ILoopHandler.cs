namespace UserProxy.Linux.Loops;

/// <summary>Something that a loop watches: a connection, a listener, a socket of datagrams.</summary>
internal interface ILoopHandler
{
    /// <summary>Called on the loop with the EPOLL* bits of one event (poll(2) has the same). Must not block and not throw.</summary>
    void OnEvents(EventLoop loop, uint events);

    /// <summary>
    /// What the loop waits with broke, and it has a new one that knows nobody: whatever was registered or asked for is gone, and every number that the loop
    /// gave means somebody else from now on. Only takes note of that.
    /// </summary>
    void Forget(EventLoop loop)
    {
    }

    /// <summary>Acts on it. By then all have forgotten: one that ends another is safe.</summary>
    void OnBroken(EventLoop loop)
    {
    }
}
