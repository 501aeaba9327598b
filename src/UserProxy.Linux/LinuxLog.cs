using System.Net;
using Microsoft.Extensions.Logging;

namespace UserProxy.Linux;

/// <summary>Every log event of the island. Ids from 400; virtual IPs from 420, client addresses from 440.</summary>
internal static partial class LinuxLog
{
    [LoggerMessage(400, LogLevel.Critical, "the {Loop} loop ended unexpectedly; the process ends, because its connections would hang")]
    public static partial void LoopDied(this ILogger log, Exception exception, string? loop);

    [LoggerMessage(401, LogLevel.Error, "the ring of the {Loop} loop broke; its connections are reset, and it goes on with a new ring")]
    public static partial void RingBroke(this ILogger log, Exception exception, string? loop);

    [LoggerMessage(420, LogLevel.Information, "virtual IPs: {Added} added, {Removed} removed, {Total} local, in {Milliseconds} ms")]
    public static partial void VirtualIPsApplied(this ILogger log, int added, int removed, int total, long milliseconds);

    [LoggerMessage(430, LogLevel.Information,
        "virtual IPs: {Count} addresses (first: {First}) are declared no more; they stay local until the connections to them have ended")]
    public static partial void AddressesLeaving(this ILogger log, int count, IPAddress first);

    [LoggerMessage(421, LogLevel.Warning, "virtual IPs: somebody else removed {Count} local routes (first: {First}); they are back")]
    public static partial void RoutesRestored(this ILogger log, int count, IPAddress first);

    [LoggerMessage(422, LogLevel.Warning,
        "virtual IPs: {Count} addresses (first: {First}) are local to this node without us; they are served, unguarded, and their routes left alone")]
    public static partial void AddressesForeign(this ILogger log, int count, IPAddress first);

    [LoggerMessage(423, LogLevel.Information, "virtual IPs: {Count} addresses (first: {First}) are no longer local to this node without us")]
    public static partial void AddressesNoLongerForeign(this ILogger log, int count, IPAddress first);

    [LoggerMessage(424, LogLevel.Warning, "virtual IPs: {Count} addresses (first: {First}) are special (loopback, link-local, multicast) and not made local")]
    public static partial void AddressesSpecial(this ILogger log, int count, IPAddress first);

    [LoggerMessage(
        425, LogLevel.Warning, "virtual IPs: somebody else changed or removed the nftables rules of the guard; they are back, with {Count} addresses")]
    public static partial void GuardRestored(this ILogger log, int count);

    [LoggerMessage(426, LogLevel.Error, "virtual IPs: routes or guard are not as they should be: {Reason}; tried again every {Seconds} s")]
    public static partial void VirtualIPsNotKept(this ILogger log, string reason, double seconds);

    [LoggerMessage(427, LogLevel.Information, "virtual IPs: routes and guard are as they should be again")]
    public static partial void VirtualIPsKeptAgain(this ILogger log);

    [LoggerMessage(428, LogLevel.Warning,
        "virtual IPs are unguarded: every daemon of this node that listens on all addresses is reachable through each of them ({Reason})")]
    public static partial void Unguarded(this ILogger log, string reason);

    [LoggerMessage(429, LogLevel.Error, "the watch over the virtual IPs failed, by a defect or for want of resources; it starts again in {Seconds} s")]
    public static partial void VirtualIPWatchFailed(this ILogger log, Exception exception, double seconds);

    [LoggerMessage(431, LogLevel.Warning, "virtual IPs: not all routes or rules could be taken back ({Reason}); userproxy cleanup removes what is left")]
    public static partial void VirtualIPsLeft(this ILogger log, string reason);

    [LoggerMessage(432, LogLevel.Warning,
        "virtual IPs are not served yet: {Reason}; NodePorts are, and virtual IPs will be as soon as it answers, which is tried again and again")]
    public static partial void VirtualIPsLater(this ILogger log, string reason);

    [LoggerMessage(440, LogLevel.Information, "client addresses: endpoints on this node see their clients, over {Families}, where a Service asks for it")]
    public static partial void SourcesReady(this ILogger log, string families);

    [LoggerMessage(441, LogLevel.Warning, "client addresses cannot be kept: {Reason}; endpoints see this node until that is mended")]
    public static partial void SourcesNotHad(this ILogger log, string reason);

    [LoggerMessage(442, LogLevel.Warning, "client addresses: somebody else changed or removed rules, routes or nftables tables of ours; they are back")]
    public static partial void SourcesRestored(this ILogger log);

    [LoggerMessage(443, LogLevel.Warning, "client addresses: not all rules could be taken back ({Reason}); userproxy cleanup removes what is left")]
    public static partial void SourcesLeft(this ILogger log, string reason);

    [LoggerMessage(
        444, LogLevel.Error, "the watch over the rules for client addresses failed, by a defect or for want of resources; it goes on in {Seconds} s")]
    public static partial void SourceWatchFailed(this ILogger log, Exception exception, double seconds);
}
