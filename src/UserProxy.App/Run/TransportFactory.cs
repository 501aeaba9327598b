using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using UserProxy.App.Configuration;
using UserProxy.Linux.Datagrams;
using UserProxy.Linux.Epoll;
using UserProxy.Linux.SocketFilters;
using UserProxy.Linux.Transparent;
using UserProxy.Linux.Uring;
using UserProxy.Tcp;
using UserProxy.Tcp.Sockets;
using UserProxy.Udp;

namespace UserProxy.App.Run;

/// <summary>Turns <c>--transport</c> into a transport: the only place that knows all three.</summary>
internal static class TransportFactory
{
    /// <summary>Spliced transfers may take 3 % of the descriptors: what admission leaves is for everything else.</summary>
    private const int DescriptorsPerPipe = 64;

    private const string NoDescriptor = "no descriptor is left for the loops (ulimit -n, LimitNOFILE; --threads says how many loops)";

    /// <summary>Null, after saying why, when a transport was asked for by name and cannot be had; <c>auto</c> falls back.</summary>
    public static ITransport? Create(TransportChoice choice, int threads, int descriptorLimit, ILogger log, TimeProvider time)
    {
        // Of the cgroup, else of the machine; with a limit of the cgroup the runtime takes 75 % of it for its heap, and DOTNET_GCHeapHardLimit says another
        // figure.
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        int maxPipes = Math.Clamp(descriptorLimit / DescriptorsPerPipe, 1, 512);
        if (choice is TransportChoice.Auto or TransportChoice.Uring)
        {
            string? reason = Try(() => UringTransport.Create(threads, log, maxPipes, memory), out var transport);
            if (reason is null) return transport;
            if (choice == TransportChoice.Uring) log.TransportRequired("uring", reason);
            else log.UringNotHad(reason);
            if (choice == TransportChoice.Uring) return null;
        }

        if (choice != TransportChoice.Sockets)
        {
            string? reason = Try(() => EpollTransport.Create(threads, log, maxPipes, memory), out var transport);
            if (reason is null) return transport;
            if (choice == TransportChoice.Epoll) log.TransportRequired("epoll", reason);
            else log.EpollDenied(reason);
            if (choice == TransportChoice.Epoll) return null;
        }

        var settings = new SocketTransportOptions
        {
            SetSynFilter = OperatingSystem.IsLinux() ? SynFilter.TrySet : null,
            BindSource = OperatingSystem.IsLinux() ? TransparentBind.TryBind : null,
            Memory = memory,
        };
        return new SocketTransport(settings, time);
    }

    /// <summary>The same with every transport of TCP.</summary>
    public static IDatagramTransport CreateDatagrams(int threads) =>
        DatagramEngine.IsSupported ? new DatagramEngine(threads) : new NoDatagrams(NoDatagrams.NotLinux);

    /// <summary>Why it cannot be had, or null.</summary>
    private static string? Try(Func<ITransport> create, out ITransport? transport)
    {
        transport = null;
        try
        {
            transport = create();
            return null;
        }
        // Not Linux, or a sandbox that denies what is needed, or a libc without it.
        catch (Exception e) when (e is PlatformNotSupportedException or SocketException or DllNotFoundException or EntryPointNotFoundException)
        {
            // The runtime's text for it is that of a system that has none left.
            return e is SocketException { SocketErrorCode: SocketError.TooManyOpenSockets } ? NoDescriptor : e.Message;
        }
    }
}
