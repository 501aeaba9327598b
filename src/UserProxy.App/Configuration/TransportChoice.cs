namespace UserProxy.App.Configuration;

/// <summary>Which transport carries TCP: the values of <c>--transport</c>.</summary>
internal enum TransportChoice
{
    /// <summary>The first of those below that can be had.</summary>
    Auto,
    Uring,
    Epoll,
    Sockets,
}
