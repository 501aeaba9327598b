using Microsoft.Extensions.Logging;

namespace UserProxy.Kubernetes;

/// <summary>Every log event of this project. Ids: 300-319 what was declared, 320-339 manifests. Texts from outside come in escaped.</summary>
internal static partial class KubernetesLog
{
    [LoggerMessage(300, LogLevel.Warning, "{Subject}: {Message} ({Reason})")]
    public static partial void IssueFound(ILogger logger, string subject, string message, string reason);

    [LoggerMessage(301, LogLevel.Information, "{Subject}: settled ({Reason})")]
    public static partial void IssueSettled(ILogger logger, string subject, string reason);

    [LoggerMessage(302, LogLevel.Debug, "Table {Revision} built: {Ports} service ports, {Endpoints} endpoints, {Issues} issues")]
    public static partial void TableBuilt(ILogger logger, long revision, int ports, int endpoints, int issues);

    [LoggerMessage(303, LogLevel.Warning, "The addresses of this node cannot be read; the last known ones stand: {Message}")]
    public static partial void LocalAddressesFailed(ILogger logger, string message);

    [LoggerMessage(320, LogLevel.Information, "{Note}")]
    public static partial void ManifestNote(ILogger logger, string note);

    [LoggerMessage(321, LogLevel.Information, "Changes in {Folder} cannot be watched and are looked for every {Interval}: {Message}")]
    public static partial void WatchFailed(ILogger logger, string folder, TimeSpan interval, string message);
}
