using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Servers.Glance;
using UserProxy.App.Servers.Health;
using UserProxy.App.Servers.Http;
using UserProxy.Model;

namespace UserProxy.App.Servers.Admin;

/// <summary>Who is asked: the running proxy, and what is known of it from outside of it.</summary>
internal sealed record AdminFacts(Proxier Proxier, NodeHealth Health, string Node, string Source, string Transport, long StartedAt, TimeProvider Time)
{
    /// <summary>When what is served was written, while it is a snapshot; null once the source's own table is in force.</summary>
    public Func<DateTimeOffset?> SnapshotFrom { get; init; } = () => null;

    /// <summary>What is wrong with the source now; nothing while all is well.</summary>
    public Func<IEnumerable<TableIssue>> SourceIssues { get; init; } = () => [];

    /// <summary>Ports of the HTTP servers that cannot be had now.</summary>
    public PortIssues PortIssues { get; init; } = new();

    /// <summary>What the Proxier has reported of late.</summary>
    public RecentProblems Problems { get; init; } = new(Time);

    /// <summary>What keeps the source from being read or followed now; null when nothing does.</summary>
    public Func<SourceTroubleItem?> SourceTrouble { get; init; } = () => null;

    /// <summary>The process is ending and takes no new connections.</summary>
    public Func<bool> IsDraining { get; init; } = () => false;

    /// <summary>Why virtual IPs are not served though no setting says so; null when they are, or by a setting.</summary>
    public string? WhyNoVirtualIPs { get; init; }

    /// <summary>From whom this process has taken over; null when it has not.</summary>
    public Func<TookOverItem?> TookOver { get; init; } = () => null;

    /// <summary>How each resource of the API server is followed; none with manifests.</summary>
    public Func<IReadOnlyList<FollowedItem>> Followed { get; init; } = () => [];

    /// <summary>Knows the rates; null where nobody looks twice.</summary>
    public Sampler? Sampler { get; init; }

    /// <summary>The settings in force, as JSON; null when nobody has said.</summary>
    public string? Settings { get; init; }

    /// <summary>Where <c>/metrics</c> answers; null for nowhere.</summary>
    public string? MetricsAddress { get; init; }
}
