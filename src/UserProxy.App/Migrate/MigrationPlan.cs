using UserProxy.App.Configuration;

namespace UserProxy.App.Migrate;

/// <summary>The answer of <c>migrate plan</c>, for <see cref="PlanText"/> and <see cref="PlanJson"/>.</summary>
internal sealed record MigrationPlan
{
    public required string Node { get; init; }

    /// <summary>Where kube-proxy's configuration was read; null when there was none.</summary>
    public string? Configuration { get; init; }

    /// <summary>Where the Services were read; null when they were not.</summary>
    public string? Source { get; init; }

    public IReadOnlyList<FieldFate> Fields { get; init; } = [];

    /// <summary>Services that would be served here.</summary>
    public int Services { get; init; }

    /// <summary>Addresses that would be listened on, of TCP and of UDP.</summary>
    public int TcpListeners { get; init; }

    public int UdpListeners { get; init; }

    public IReadOnlyList<PlanFinding> Findings { get; init; } = [];

    /// <summary>What could not be looked at, and why.</summary>
    public IReadOnlyList<string> Unseen { get; init; } = [];

    /// <summary>What must be given before anything can be said: a plan for nothing that was read is none. Empty when the Services were read.</summary>
    public IReadOnlyList<string> Needs { get; init; } = [];

    public IEnumerable<PlanFinding> Decisions => Findings.Where(finding => finding.NeedsDecision);
}
