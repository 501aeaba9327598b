using Microsoft.Extensions.Logging;
using UserProxy.Linux.Epoll;
using UserProxy.Linux.SynFilters;
using UserProxy.Tcp;
using UserProxy.Tcp.Sockets;

namespace UserProxy.FunctionalTests;

/// <summary>The transports that every case runs over: theory data, and the maker of each.</summary>
public static class Transports
{
    public static TheoryData<TransportKind> All { get; } = new(
        new TheoryDataRow<TransportKind>(TransportKind.Sockets),
        new TheoryDataRow<TransportKind>(TransportKind.Epoll) { Skip = OperatingSystem.IsLinux() ? null : "epoll is Linux's" });

    public static ITransport Create(TransportKind kind, ILogger log, long memory = long.MaxValue) => kind switch
    {
        TransportKind.Sockets =>
            new SocketTransport(new SocketTransportOptions { SetSynFilter = OperatingSystem.IsLinux() ? SynFilter.TrySet : null, Memory = memory }),
        TransportKind.Epoll => EpollTransport.Create(loops: 2, log, memory: memory),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
