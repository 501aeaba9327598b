using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using UserProxy.App.Configuration;
using UserProxy.Linux.Datagrams;
using UserProxy.Linux.Epoll;
using UserProxy.Linux.SynFilters;
using UserProxy.Tcp;
using UserProxy.Tcp.Sockets;
using UserProxy.Udp;

namespace UserProxy.App.Run;

/// <summary>Turns <c>--transport</c> into a transport: the only place that knows both.</summary>
internal static class TransportFactory
{
    /// <summary>Spliced transfers may take 3 % of the descriptors: what admission leaves is for everything else.</summary>
    private const int DescriptorsPerPipe = 64;

    /// <summary>Null, after saying why, when epoll was asked for by name and cannot be had; <c>auto</c> falls back.</summary>
    public static ITransport? Create(TransportChoice choice, int threads, int descriptorLimit, ILogger log, TimeProvider time)
    {
        // Of the cgroup, else of the machine; with a limit of the cgroup the runtime takes 75 % of it for its heap, and DOTNET_GCHeapHardLimit says another
        // figure.
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (choice == TransportChoice.Sockets) return CreateSockets(memory, time);
        try
        {
            return EpollTransport.Create(threads, log, maxPipes: Math.Clamp(descriptorLimit / DescriptorsPerPipe, 1, 512), memory);
        }
        // Not Linux, or a sandbox that denies epoll or eventfd, or a libc without them.
        catch (Exception e) when (e is PlatformNotSupportedException or SocketException or DllNotFoundException or EntryPointNotFoundException)
        {
            if (choice == TransportChoice.Epoll)
            {
                log.EpollRequired(e.Message);
                return null;
            }

            log.EpollDenied(e.Message);
            return CreateSockets(memory, time);
        }
    }

    /// <summary>The same with either transport of TCP.</summary>
    public static IDatagramTransport CreateDatagrams(int threads) =>
        DatagramEngine.IsSupported ? new DatagramEngine(threads) : new NoDatagrams(NoDatagrams.NotLinux);

    private static SocketTransport CreateSockets(long memory, TimeProvider time) =>
        new(new SocketTransportOptions { SetSynFilter = OperatingSystem.IsLinux() ? SynFilter.TrySet : null, Memory = memory }, time);
}
