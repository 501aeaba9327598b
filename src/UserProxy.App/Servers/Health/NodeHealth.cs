using UserProxy.Model;
using UserProxy.Reading;

namespace UserProxy.App.Servers.Health;

/// <summary>
/// Decides what the health endpoints say, by kube-proxy's rules: an idle proxy is healthy for ever, one that has left a change unapplied for
/// two sync periods is not. Beyond them, one that clients wait for in vain is not. Asked by both kinds of health servers, from any thread.
/// </summary>
/// <param name="facts">Whether tables wait.</param>
/// <param name="hungAcceptLoops">How many ports there are in LISTEN that nobody accepts from any more.</param>
/// <param name="node">This node's object.</param>
/// <param name="nodeMustBeKnown">A node without an object is no node.</param>
/// <param name="time">The clock.</param>
internal sealed class NodeHealth(Func<SyncFacts> facts, Func<int> hungAcceptLoops, Func<OwnNode> node, bool nodeMustBeKnown, TimeProvider time)
{
    /// <summary>kube-proxy's 2 x syncPeriod with its default of 30 s.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private volatile bool _draining;

    /// <summary>Whether what is served is a snapshot, and the source not known yet.</summary>
    public Func<bool> IsOnSnapshot { get; init; } = () => false;

    /// <summary>What has been answered so far, for metrics.</summary>
    public HealthAnswerCounts Answers { get; } = new();

    /// <summary>Set when the process begins to stop: it is alive and healthy, but should get no new traffic.</summary>
    public void StartDraining() => _draining = true;

    /// <summary>Changes are applied in time, and clients are accepted.</summary>
    public bool IsHealthy => (facts().PendingSince is not { } since || time.GetUtcNow() - since < Timeout) && hungAcceptLoops() == 0;

    /// <summary>A load balancer that asks for a Service should use this node: the process is healthy and not stopping.</summary>
    public bool TakesTraffic => IsHealthy && !_draining;

    /// <summary>
    /// Load balancers may send traffic through this node: its object exists and it is not about to be deleted (KEP-3836), nor this process to stop. Manifests
    /// need not have a Node; the API does.
    /// </summary>
    public bool IsNodeEligible
    {
        get
        {
            var own = node();
            return !_draining && !own.IsLeaving && (own.IsKnown || !nodeMustBeKnown);
        }
    }

    /// <summary>
    /// The first table of the source is served, and the process is not stopping. Not on a snapshot, though all is served then: a version that cannot follow the
    /// source must not be rolled out any further (docs/decisions/0073).
    /// </summary>
    public bool IsReady => !_draining && facts().LastAppliedAt is not null && !IsOnSnapshot();

    /// <summary>What keeps it from being healthy or ready; empty when nothing does.</summary>
    public string WhyNot => facts() switch
    {
        _ when !IsHealthy => hungAcceptLoops() > 0 ? "clients wait at a port in vain" : "changes are not applied in time",
        _ when _draining => "it is about to end",
        { LastAppliedAt: null } => "nothing is served yet",
        _ => IsOnSnapshot() ? "a snapshot is served" : "",
    };

    /// <summary>The body of <c>/healthz</c>, with the verdict on the node, and of <c>/livez</c>, without.</summary>
    public HealthBody Report(bool withNode)
    {
        var now = time.GetUtcNow();
        bool healthy = IsHealthy;
        // As in kube-proxy: while nothing is pending, what is served is as new as the question.
        var updated = healthy ? now : facts().LastAppliedAt ?? default;
        var family = new FamilyHealth(updated, healthy);
        return new HealthBody(updated, now, withNode ? IsNodeEligible : null, healthy, new FamilyStatus(family, family));
    }
}
