using Microsoft.Extensions.Logging;

namespace UserProxy.Tcp;

/// <summary>What every connection of the process needs, gathered so that a connection holds one reference instead of six.</summary>
internal sealed record ConnectionServices(
    ITransport Transport,
    DescriptorBudget Descriptors,
    DialGuard Guard,
    AcceptPauses Pauses,
    TimeProvider Time,
    ILogger Log);
