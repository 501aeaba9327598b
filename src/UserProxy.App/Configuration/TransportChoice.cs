namespace UserProxy.App.Configuration;

/// <summary>Which transport carries TCP: the values of <c>--transport</c>.</summary>
internal enum TransportChoice
{
    /// <summary>Epoll where it can be had, else sockets.</summary>
    Auto,
    Epoll,
    Sockets,
}
