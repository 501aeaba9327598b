namespace UserProxy.FunctionalTests;

/// <summary>Names a transport in test output.</summary>
public enum TransportKind
{
    Sockets,
    Epoll,
}
