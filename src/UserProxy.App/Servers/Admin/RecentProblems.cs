using UserProxy.Model;
using UserProxy.Reading;

namespace UserProxy.App.Servers.Admin;

/// <summary>
/// What the Proxier has reported of its Services of late, for those who ask afterwards: status and explain. A problem is reported once when it comes up, and
/// some are over without a word, so each is kept for an hour with its time. Written on the Proxier's loops, read by the admin socket.
/// </summary>
internal sealed class RecentProblems(TimeProvider time)
{
    private const int Most = 100;

    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly List<(ServiceProblem Problem, DateTimeOffset At)> _problems = [];

    /// <summary>Handler of <see cref="Proxier.ProblemFound"/>. Of one Service port and reason the newest counts.</summary>
    public void Add(ServiceProblem problem)
    {
        // What a listener is now is told by itself.
        if (problem.Reason == ServiceProblem.ListenFailed) return;
        lock (_lock)
        {
            _problems.RemoveAll(known => known.Problem.Service == problem.Service && known.Problem.Reason == problem.Reason);
            if (_problems.Count == Most) _problems.RemoveAt(0);
            _problems.Add((problem, time.GetUtcNow()));
        }
    }

    /// <summary>Those of Services that are still declared.</summary>
    public IReadOnlyList<TableIssue> In(ServiceTable table)
    {
        var oldest = time.GetUtcNow() - Kept;
        lock (_lock)
        {
            _problems.RemoveAll(known => known.At < oldest);
            if (_problems.Count == 0) return [];
            var declared = table.Ports.Select(port => port.Name).ToHashSet();
            return [.. from known in _problems
                       where declared.Contains(known.Problem.Service)
                       let name = known.Problem.Service
                       select new TableIssue($"Service {name.Namespace}/{name.Name}", known.Problem.Reason, $"{known.Problem.Message} (at {known.At:u})")];
        }
    }
}
