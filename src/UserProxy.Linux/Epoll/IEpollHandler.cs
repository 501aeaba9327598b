namespace UserProxy.Linux.Epoll;

/// <summary>Something registered with a loop's epoll instance: a connection or a listener.</summary>
internal interface IEpollHandler
{
    /// <summary>Called on the loop with the EPOLL* bits of one event. Must not block and not throw.</summary>
    void OnEvents(EpollLoop loop, uint events);
}
