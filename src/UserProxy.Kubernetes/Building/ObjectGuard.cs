using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// Keeps a defect that one object brings out from ending the source, and so the process, again and again: all others are served on. Says
/// so once for each object, until it is understood. From any thread.
/// </summary>
internal sealed class ObjectGuard(string kind, ILogger logger)
{
    private readonly ConcurrentDictionary<ObjectId, bool> _failing = new();

    /// <summary>What there is to do with the object, or the issue to put up when that has failed.</summary>
    /// <param name="key">Of the object.</param>
    /// <param name="work">What there is to do.</param>
    /// <param name="service">The Service that it says to be of, where it is not one itself.</param>
    public IssueList? Try(ObjectId key, Action work, ObjectId? service = null)
    {
        try
        {
            work();
            Remove(key);
            return null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (_failing.TryAdd(key, true)) KubernetesLog.ObjectDefect(logger, e, kind, key.ToString());
            var issues = new SubjectIssues(kind, key, service);
            issues.Add(IssueReasons.InvalidObject, $"could not be understood, by a defect of this program ({e.GetType().Name}); its last good form stands");
            return issues.ToList();
        }
    }

    public void Remove(ObjectId key)
    {
        if (!_failing.IsEmpty) _failing.TryRemove(key, out _);
    }
}
