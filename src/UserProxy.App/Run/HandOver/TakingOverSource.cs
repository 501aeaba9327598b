using System.Runtime.CompilerServices;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Manifests;
using UserProxy.Model;

namespace UserProxy.App.Run.HandOver;

/// <summary>
/// A source whose first table has this process ask its predecessor for what it listens on. Nothing to serve, where manifests have a mistake, is no table to end
/// another process for: it serves on until the mistake is mended.
/// </summary>
/// <param name="inner">Of this process.</param>
/// <param name="predecessor">Serves until then.</param>
/// <param name="isOfManifests">The API of a cluster is not waited for: mistakes in it are somebody else's, and may stay.</param>
internal sealed class TakingOverSource(IServiceSource inner, Predecessor predecessor, bool isOfManifests) : IServiceSource
{
    public string Description => inner.Description;

    public async IAsyncEnumerable<ServiceTable> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        bool isFirst = true;
        await foreach (var table in inner.WatchAsync(cancellationToken))
        {
            if (isFirst)
            {
                if (isOfManifests && MistakeIn(table) is { } mistake)
                {
                    predecessor.Report.LogWaiting(mistake.ToString());
                    continue;
                }

                await predecessor.TakeSocketsAsync(cancellationToken);
                predecessor.Report.LogUndeclared(table);
            }

            isFirst = false;
            yield return table;
        }
    }

    /// <summary>Why nothing is declared; null where something is, or where it is meant so.</summary>
    internal static TableIssue? MistakeIn(ServiceTable table) => table.Ports.Count > 0 ? null : table.Issues.FirstOrDefault(IsMistake);

    private static bool IsMistake(TableIssue issue) =>
        issue.Reason is IssueReasons.InvalidManifest or IssueReasons.InvalidObject or IssueReasons.InvalidPort or IssueReasons.UnknownKind
        && issue.Message != ManifestFiles.Nothing;
}
