using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using UserProxy.Linux.Epoll;
using UserProxy.Linux.SocketFilters;
using UserProxy.Linux.Uring;
using UserProxy.Tcp;
using UserProxy.Tcp.Sockets;

namespace UserProxy.FunctionalTests;

/// <summary>The transports that every case runs over: theory data, and the maker of each.</summary>
public static class Transports
{
    public static TheoryData<TransportKind> All { get; } = new(
        new TheoryDataRow<TransportKind>(TransportKind.Sockets),
        new TheoryDataRow<TransportKind>(TransportKind.Epoll) { Skip = OperatingSystem.IsLinux() ? null : "epoll is Linux's" },
        new TheoryDataRow<TransportKind>(TransportKind.Uring) { Skip = UringRefusal() });

    /// <summary>Why this one cannot be had on this machine, or null.</summary>
    public static string? WhyNot(TransportKind kind) => All.Single(row => row.Data == kind).Skip;

    private static string? UringRefusal()
    {
        try
        {
            UringTransport.Create(loops: 1, NullLogger.Instance).DisposeAsync().AsTask().Wait();
            return null;
        }
        catch (PlatformNotSupportedException e)
        {
            return e.Message;
        }
    }

    public static ITransport Create(TransportKind kind, ILogger log, long memory = long.MaxValue) => kind switch
    {
        TransportKind.Sockets =>
            new SocketTransport(new SocketTransportOptions { SetSynFilter = OperatingSystem.IsLinux() ? SynFilter.TrySet : null, Memory = memory }),
        TransportKind.Epoll => EpollTransport.Create(loops: 2, log, memory: memory),
        TransportKind.Uring => UringTransport.Create(loops: 2, log, memory: memory),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
