using Microsoft.Extensions.Logging;
using UserProxy.Policy;
using UserProxy.Serving;
using UserProxy.Tracing;

namespace UserProxy.Udp;

/// <summary>What all UDP sessions of the process need. Made by the Proxier, handed to the datagram transport, which makes its tables with it.</summary>
public sealed class DatagramServices
{
    /// <summary>Of the sockets towards endpoints, those of a family with clients' addresses that may rest: a quarter of both families.</summary>
    private const int RestingShare = 8;

    private long _unexpected, _upstreamDrops;

    internal DatagramServices(
        SessionLimits limits, DescriptorBudget descriptors, MemoryBudget memory, DialGuard guard, OwnAddresses own, LoopReports loops, TimeProvider time,
        ILogger log)
    {
        Limits = limits;
        Unrested = new UnrestedKeptPorts(limits.Total);
        Descriptors = descriptors;
        Memory = memory;
        Guard = guard;
        Own = own;
        Loops = loops;
        Time = time;
        Log = log;
        Sources = new SourcePolicy(own, new NoTransparentSources(NoTransparentSources.NotLinux));
        Traces = new TraceFeed(time);
    }

    /// <summary>Sockets towards endpoints are taken from it and given back by the transport.</summary>
    public DescriptorBudget Descriptors { get; }

    /// <summary>Has room for sessions, and for those sockets.</summary>
    public MemoryBudget Memory { get; }

    public TimeProvider Time { get; }

    public ILogger Log { get; }

    /// <summary>Datagrams from addresses that no session talks to: answers that came too late, or forged. They belong to no Service.</summary>
    public long Unexpected => Volatile.Read(ref _unexpected);

    /// <summary>
    /// Answers that the kernel has discarded, as they came faster than they were read; counted some seconds later, as the kernel has to be asked socket by
    /// socket.
    /// </summary>
    public long UpstreamDrops => Volatile.Read(ref _upstreamDrops);

    /// <summary>While another process has the sockets, too, a new listener reads nothing before it is told to.</summary>
    public SocketSharing Shared { get; init; } = new();

    /// <summary>Whoever follows sessions live.</summary>
    internal TraceFeed Traces { get; init; }

    internal SessionLimits Limits { get; }

    internal DialGuard Guard { get; }

    internal OwnAddresses Own { get; }

    /// <summary>Decides whose address endpoints see.</summary>
    internal SourcePolicy Sources { get; init; }

    internal UnrestedKeptPorts Unrested { get; }

    internal ConnectionIds Ids { get; } = new();

    internal LoopReports Loops { get; }

    public void CountUpstreamDrops(long count)
    {
        if (count > 0) Interlocked.Add(ref _upstreamDrops, count);
    }

    internal void CountUnexpected() => Interlocked.Increment(ref _unexpected);

    /// <summary>The sessions of one of <paramref name="loops"/> loops.</summary>
    public SessionTable CreateTable(int loops, IUpstreamSockets sockets) =>
        new(this, Limits.ShareOf(loops), Math.Max(1, Descriptors.UpstreamLimit / RestingShare / loops), sockets);
}
