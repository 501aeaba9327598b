using Microsoft.Extensions.Logging;
using UserProxy.Serving;

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
}
