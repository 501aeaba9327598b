using Microsoft.Extensions.Logging;

namespace UserProxy.Linux;

/// <summary>Every log event of the island. Ids from 400.</summary>
internal static partial class LinuxLog
{
    [LoggerMessage(400, LogLevel.Critical, "the {Loop} loop ended unexpectedly; the process ends, because its connections would hang")]
    public static partial void LoopDied(this ILogger log, Exception exception, string? loop);
}
