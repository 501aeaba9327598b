namespace UserProxy.Linux.Loops;

/// <summary>Something that a loop watches: a connection, a listener, a socket of datagrams.</summary>
internal interface ILoopHandler
{
    /// <summary>Called on the loop with the EPOLL* bits of one event (poll(2) has the same). Must not block and not throw.</summary>
    void OnEvents(EventLoop loop, uint events);
}
