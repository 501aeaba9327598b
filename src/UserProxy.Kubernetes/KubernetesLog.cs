using Microsoft.Extensions.Logging;

namespace UserProxy.Kubernetes;

/// <summary>Every log event of this project. Ids: 320-329 manifests, 330-339 what was declared, 340-379 the API. Texts from outside come in escaped.</summary>
internal static partial class KubernetesLog
{
    [LoggerMessage(330, LogLevel.Warning, "{Subject}: {Message} ({Reason})")]
    public static partial void IssueFound(ILogger logger, string subject, string message, string reason);

    [LoggerMessage(335, LogLevel.Information, "{Subject}: {Message} ({Reason})")]
    public static partial void IssueNoted(ILogger logger, string subject, string message, string reason);

    [LoggerMessage(331, LogLevel.Information, "{Subject}: settled ({Reason})")]
    public static partial void IssueSettled(ILogger logger, string subject, string reason);

    [LoggerMessage(332, LogLevel.Debug, "Table {Revision} built: {Ports} service ports, {Endpoints} endpoints, {Issues} issues")]
    public static partial void TableBuilt(ILogger logger, long revision, int ports, int endpoints, int issues);

    [LoggerMessage(333, LogLevel.Warning, "The addresses of this node cannot be read; the last known ones stand: {Message}")]
    public static partial void LocalAddressesFailed(ILogger logger, string message);

    [LoggerMessage(
        334, LogLevel.Error, "{Kind} {Subject}: cannot be understood, by a defect of this program; its last good form stands, everything else is served")]
    public static partial void ObjectDefect(ILogger logger, Exception exception, string kind, string subject);

    [LoggerMessage(320, LogLevel.Information, "{Note}")]
    public static partial void ManifestNote(ILogger logger, string note);

    [LoggerMessage(321, LogLevel.Information, "Changes in {Folder} cannot be watched and are looked for every {Interval}: {Message}")]
    public static partial void WatchFailed(ILogger logger, string folder, TimeSpan interval, string message);

    [LoggerMessage(340, LogLevel.Information, "{Resource}: listed {Count} objects from {Server}")]
    public static partial void Listed(ILogger logger, string resource, int count, string server);

    [LoggerMessage(341, LogLevel.Warning, "{Resource}: the API server cannot be followed; {Meanwhile}: {Reason}")]
    public static partial void ApiLost(ILogger logger, string resource, string meanwhile, string reason);

    [LoggerMessage(342, LogLevel.Information, "{Resource}: the API server is followed again, after {Seconds} s")]
    public static partial void ApiBack(ILogger logger, string resource, long seconds);

    [LoggerMessage(343, LogLevel.Information, "{Resource}: the API server cannot tell what has changed since, everything is listed again: {Reason}")]
    public static partial void Relisting(ILogger logger, string resource, string reason);

    [LoggerMessage(344, LogLevel.Warning, "{Resource} {Subject}: cannot be read and is skipped, what was known of it stands: {Reason}")]
    public static partial void InvalidObject(ILogger logger, string resource, string subject, string reason);

    [LoggerMessage(345, LogLevel.Error, "{Resource}: a defect has ended the watch; everything is listed again")]
    public static partial void WatchDefect(ILogger logger, Exception exception, string resource);

    [LoggerMessage(346, LogLevel.Information, "{Resource}: this API server does not know the field selector {Selector}; going on without it")]
    public static partial void SelectorDropped(ILogger logger, string resource, string selector);

    [LoggerMessage(347, LogLevel.Debug, "{Resource}: the watch has ended: {Reason}")]
    public static partial void WatchEnded(ILogger logger, string resource, string reason);

    [LoggerMessage(348, LogLevel.Warning, "Node {Node} is not known to the API server (yet): nothing counts as local, and NodePorts have no node address")]
    public static partial void NodeUnknown(ILogger logger, string node);

    [LoggerMessage(349, LogLevel.Warning, "Exec plugin {Command} says: {Complaint}")]
    public static partial void PluginComplained(ILogger logger, string command, string complaint);

    [LoggerMessage(352, LogLevel.Information, "{Files} changed: access to the API server was made anew")]
    public static partial void AccessRenewed(ILogger logger, string files);

    [LoggerMessage(353, LogLevel.Warning, "{Files} changed and cannot be used yet, what they held before stays in use: {Reason}")]
    public static partial void AccessNotRenewed(ILogger logger, string files, string reason);

    [LoggerMessage(350, LogLevel.Warning, "Events cannot be reported to the API server: {Reason}")]
    public static partial void EventsFailed(ILogger logger, string reason);

    [LoggerMessage(351, LogLevel.Error, "An Event about Service {Subject} cannot be written, by a defect; going on with the next")]
    public static partial void EventDefect(ILogger logger, Exception exception, string subject);
}
