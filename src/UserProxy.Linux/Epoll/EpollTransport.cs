using System.Net;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using UserProxy.Serving;
using UserProxy.Tcp;

namespace UserProxy.Linux.Epoll;

/// <summary>
/// The Linux transport: one epoll loop a core, accept, dial and relay on the loop that owns the connection. The default where it can be had; the sockets
/// transport is its reference. See docs/architecture.md.
/// </summary>
public sealed class EpollTransport : ITransport
{
    private const int Backlog = 4096;

    /// <summary>How many more clients than the least busy loop one may have before it gives new ones away.</summary>
    private const int Slack = 4;

    /// <summary>
    /// What an idle connection was measured to take: 6.5 KiB in the kernel, and twice the 2.3 KiB of the process, as the collector's heap is larger than what
    /// lives in it.
    /// </summary>
    private const int BytesPerConnection = 12 * 1024;

    private readonly EpollLoop[] _loops;

    private EpollTransport(EpollLoop[] loops, int maxPipes, MemoryBudget memory)
    {
        _loops = loops;
        OwnDescriptors = 2 * maxPipes;
        Memory = memory;
    }

    public string Name => "epoll";

    public MemoryBudget Memory { get; }

    /// <summary>The two ends of each pipe.</summary>
    public int OwnDescriptors { get; }

    internal IReadOnlyList<EpollLoop> Loops => _loops;

    /// <summary>
    /// The loop of this transport whose thread is running, or null. A continuation may run on a loop of another, or of datagrams: a client must not get that
    /// one.
    /// </summary>
    internal EpollLoop? CurrentLoop => EpollLoop.Current is { } current && Array.IndexOf(_loops, current) >= 0 ? current : null;

    /// <summary>
    /// Starts the loops. Throws PlatformNotSupportedException where this is not Linux, SocketException where the kernel or a sandbox denies epoll or
    /// eventfd: the caller then falls back to the sockets transport.
    /// </summary>
    /// <param name="loops">Threads; one a core is the default.</param>
    /// <param name="log">Told when a loop dies, before the process does.</param>
    /// <param name="maxPipes">Bulk transfers at a time that are spliced, all loops together; each holds two descriptors.</param>
    /// <param name="memory">Bytes that the process may have in all.</param>
    public static EpollTransport Create(int loops, ILogger log, int maxPipes = 512, long memory = long.MaxValue)
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("the epoll transport needs Linux");
        if (!Environment.Is64BitProcess || RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.Arm64))
        {
            throw new PlatformNotSupportedException("the epoll transport is built for x86-64 and arm64");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(loops, 1);
        var budget = new MemoryBudget(memory, BytesPerConnection);
        var created = new List<EpollLoop>();
        try
        {
            for (int i = 0; i < loops; i++) created.Add(new EpollLoop($"epoll-{i}", (maxPipes + i) / loops, budget, log));
        }
        catch
        {
            foreach (var loop in created) loop.Dispose();
            throw;
        }

        foreach (var loop in created) loop.Start();
        return new EpollTransport([.. created], maxPipes, budget);
    }

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(EpollListener.Listen(this, (IPEndPoint)endpoint, Backlog, ListenOptions.Default));

    public ValueTask<IFilteredListener> BindAsync(IPEndPoint endpoint, ListenOptions options, CancellationToken cancellationToken = default) =>
        new(EpollListener.Listen(this, endpoint, Backlog, options));

    public ValueTask<DialResult> DialAsync(IPEndPoint endpoint, TransportConnection client, DialOptions options) =>
        EpollDial.StartAsync((EpollConnection)client, endpoint, options);

    public Relay CreateRelay(TransportConnection client, TransportConnection backend, RelayOptions options) =>
        new EpollRelay((EpollConnection)client, (EpollConnection)backend, options);

    public int CountHungLoops(TimeSpan patience) => _loops.Count(loop => !loop.IsAlive(patience));

    public ValueTask DisposeAsync()
    {
        // All stop before the first is gone: one that runs may schedule work on another.
        foreach (var loop in _loops) loop.Stop();
        foreach (var loop in _loops) loop.Dispose();
        return default;
    }

    /// <summary>
    /// The loop for a new client: the one that accepts it, unless that one has got visibly more than the least busy. Left to the kernel, most would land
    /// on one loop, and their requests would wait for each other; shared out to the last one, every other client would cost a wake-up of another thread.
    /// </summary>
    internal EpollLoop ChooseLoop()
    {
        var least = _loops[0];
        foreach (var loop in _loops)
        {
            if (loop.Connections < least.Connections) least = loop;
        }

        var current = CurrentLoop;
        return current is not null && current.Connections <= least.Connections + Math.Max(Slack, least.Connections >> 4) ? current : least;
    }
}
