namespace UserProxy.FunctionalTests;

/// <summary>Names a transport in test output.</summary>
public enum TransportKind
{
    Sockets,
    Epoll,
    Uring,
}

internal static class TransportKindNames
{
    /// <summary>As the <c>--transport</c> option has it.</summary>
    public static string Name(this TransportKind transport) => transport switch
    {
        TransportKind.Sockets => "sockets",
        TransportKind.Epoll => "epoll",
        TransportKind.Uring => "uring",
        _ => throw new ArgumentOutOfRangeException(nameof(transport)),
    };
}
