using System.Net;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using UserProxy.ProxyProtocol;
using UserProxy.Serving;
using UserProxy.Tcp;

namespace UserProxy.Linux.Loops;

/// <summary>
/// A transport of event loops, one a core: accept, dial and relay on the loop that owns the connection. What the loops wait with makes it the epoll or the
/// uring transport; the sockets transport is the reference of both. See docs/architecture.md.
/// </summary>
public sealed class LoopTransport : ITransport
{
    private const int Backlog = 4096;

    /// <summary>How many more clients than the least busy loop one may have before it gives new ones away.</summary>
    private const int Slack = 4;

    /// <summary>
    /// What an idle connection was measured to take: 6.5 KiB in the kernel, and twice the 2.3 KiB of the process, as the collector's heap is larger than what
    /// lives in it.
    /// </summary>
    private const int BytesPerConnection = 12 * 1024;

    private readonly EventLoop[] _loops;

    private LoopTransport(string name, EventLoop[] loops, int maxPipes, MemoryBudget memory)
    {
        Name = name;
        _loops = loops;
        OwnDescriptors = 2 * maxPipes;
        Memory = memory;
    }

    public string Name { get; }

    public MemoryBudget Memory { get; }

    /// <summary>The two ends of each pipe.</summary>
    public int OwnDescriptors { get; }

    internal IReadOnlyList<EventLoop> Loops => _loops;

    /// <summary>
    /// The loop of this transport whose thread is running, or null. A continuation may run on a loop of another, or of datagrams: a client must not get that
    /// one.
    /// </summary>
    internal EventLoop? CurrentLoop => EventLoop.Current is { } current && Array.IndexOf(_loops, current) >= 0 ? current : null;

    /// <summary>Makes and starts the loops; what the maker of one throws, it throws.</summary>
    /// <param name="name">As <see cref="Name"/>.</param>
    /// <param name="loops">Threads; one a core is the default.</param>
    /// <param name="maxPipes">Bulk transfers at a time that are spliced, all loops together; each holds two descriptors.</param>
    /// <param name="memory">Bytes that the process may have in all.</param>
    /// <param name="create">Makes the loop of this number, with its share of the pipes.</param>
    internal static LoopTransport Start(string name, int loops, int maxPipes, long memory, Func<int, int, MemoryBudget, EventLoop> create)
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException($"the {name} transport needs Linux");
        if (!Environment.Is64BitProcess || RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.Arm64))
        {
            throw new PlatformNotSupportedException($"the {name} transport is built for x86-64 and arm64");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(loops, 1);
        var budget = new MemoryBudget(memory, BytesPerConnection);
        var created = new List<EventLoop>();
        try
        {
            for (int i = 0; i < loops; i++) created.Add(create(i, (maxPipes + i) / loops, budget));
            foreach (var loop in created) loop.Start();
        }
        catch
        {
            foreach (var loop in created) loop.Dispose();
            throw;
        }

        return new LoopTransport(name, [.. created], maxPipes, budget);
    }

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(LoopListener.Listen(this, (IPEndPoint)endpoint, Backlog, ListenOptions.Default));

    public ValueTask<IFilteredListener> BindAsync(IPEndPoint endpoint, ListenOptions options, CancellationToken cancellationToken = default) =>
        new(LoopListener.Listen(this, endpoint, Backlog, options));

    public ValueTask<DialResult> DialAsync(IPEndPoint endpoint, TransportConnection client, DialOptions options) =>
        ((LoopConnection)client).Loop.DialAsync((LoopConnection)client, endpoint, options);

    public ValueTask ReadHeaderAsync(TransportConnection client, ProxyHeaderReader reader, TimeSpan timeout) =>
        LoopHeaderRead.StartAsync((LoopConnection)client, reader, timeout);

    public Relay CreateRelay(TransportConnection client, TransportConnection backend, RelayOptions options) =>
        new LoopRelay((LoopConnection)client, (LoopConnection)backend, options);

    public int CountHungLoops(TimeSpan patience) => _loops.Count(loop => !loop.IsAlive(patience));

    public ValueTask DisposeAsync()
    {
        // All stop before the first is gone: one that runs may schedule work on another.
        foreach (var loop in _loops) loop.Stop();
        foreach (var loop in _loops) loop.Dispose();
        return default;
    }

    internal int NumberOf(EventLoop loop) => Array.IndexOf(_loops, loop);

    /// <summary>
    /// The loop for a new client: the one that accepts it, unless that one has got visibly more than the least busy. Left to the kernel, most would land
    /// on one loop, and their requests would wait for each other; shared out to the last one, every other client would cost a wake-up of another thread.
    /// </summary>
    internal EventLoop ChooseLoop()
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
