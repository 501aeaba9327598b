using Microsoft.Extensions.Logging;
using UserProxy.Policy;
using UserProxy.Scheduling;
using UserProxy.Serving;
using UserProxy.Tracing;

namespace UserProxy.Tcp;

/// <summary>What every connection of the process needs, gathered so that a connection holds one reference instead of ten.</summary>
internal sealed record ConnectionServices(
    ITransport Transport,
    DescriptorBudget Descriptors,
    DialGuard Guard,
    OwnAddresses Own,
    LoggedCount Pauses,
    LoggedCount Refusals,
    LoopReports Loops,
    TimeProvider Time,
    ILogger Log)
{
    public HopBound Hops { get; } = new();

    /// <summary>Told to all listening sockets.</summary>
    public SocketSharing Shared { get; init; } = new();

    public ConnectionIds Ids { get; } = new();

    /// <summary>Decides whose address endpoints see.</summary>
    public SourcePolicy Sources { get; init; } = new(Own, new NoTransparentSources(NoTransparentSources.NotLinux));

    /// <summary>Whoever follows connections live.</summary>
    public TraceFeed Traces { get; init; } = new(Time);

    /// <summary>For the pins of all Services.</summary>
    public PinRoom Pins { get; } = new(Transport.Memory.TryTakePin, Transport.Memory.ReturnPins, LogPinsGaveWay(Log, Time));

    private static Action<int> LogPinsGaveWay(ILogger log, TimeProvider time)
    {
        var said = new LoggedCount();
        return pins =>
        {
            if (said.Count(time)) log.PinsGaveWay(pins);
        };
    }
}
