using System.Text.Json.Serialization;

namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>
/// The answer of <c>/v1/status</c>: the process as a whole. Lists that a process of an earlier version does not send are null to the generated reader, and
/// empty to the others.
/// </summary>
internal sealed record ProcessStatus
{
    public required string ApiVersion { get; init; }

    public required string Version { get; init; }

    public required string Commit { get; init; }

    public required string Node { get; init; }

    public required string? Zone { get; init; }

    /// <summary>Where the Services come from: paths of manifests, the API server, or <c>snapshot</c>.</summary>
    public required string Source { get; init; }

    /// <summary>Which one, while it is served; absent once the source has been listed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SnapshotItem? Snapshot { get; init; }

    /// <summary>Absent where this process has not taken over from another.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TookOverItem? TookOver { get; init; }

    /// <summary>Absent while the source is followed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SourceTroubleItem? SourceTrouble { get; init; }

    /// <summary>It is ending and takes no new connections.</summary>
    public bool Draining { get; init; }

    /// <summary><c>uring</c>, <c>epoll</c> or <c>sockets</c>.</summary>
    public required string Transport { get; init; }

    public required double UptimeSeconds { get; init; }

    /// <summary>Of the table that is served; 0 before the first.</summary>
    public required long Revision { get; init; }

    public required DateTimeOffset? LastAppliedAt { get; init; }

    /// <summary>Since when a change waits to be applied; null when none does.</summary>
    public required DateTimeOffset? PendingSince { get; init; }

    public required bool Ready { get; init; }

    public required int ServicePorts { get; init; }

    /// <summary>By state.</summary>
    public required IReadOnlyDictionary<string, int> Listeners { get; init; }

    public required int ActiveConnections { get; init; }

    public required int DescriptorsHeld { get; init; }

    public required int DescriptorsLimit { get; init; }

    /// <summary>How often an accept loop had to wait for descriptors or memory.</summary>
    public required long AcceptPauses { get; init; }

    public required IEnumerable<IssueItem> Issues { get; init; }

    /// <summary>
    /// How old what is known of the source may be: of the resource that was heard of longest ago. Null with manifests, and before the first list.
    /// </summary>
    public double? SourceAgeSeconds { get; init; }

    /// <summary>Each resource of the API server; empty with manifests.</summary>
    public IReadOnlyList<FollowedItem> Followed { get => field ?? []; init; } = [];

    /// <summary>Addresses that cannot be listened on; the first hundred of as many as <see cref="Listeners"/> counts.</summary>
    public IReadOnlyList<FailedListenerItem> FailedListeners { get => field ?? []; init; } = [];

    /// <summary>Service ports that are served here and whose endpoints are all not ready, or must not be dialled.</summary>
    public int NoReadyEndpointTotal { get; init; }

    /// <summary>The first hundred of them.</summary>
    public IReadOnlyList<UnreadyItem> NoReadyEndpoint { get => field ?? []; init; } = [];

    /// <summary>Service ports of the table that have no endpoints at all, as of a Service that is scaled to 0 or selects no Pod.</summary>
    public int NoEndpointsTotal { get; init; }

    /// <summary>Service ports of which some endpoints have not answered their last dial. Where none has it is among <see cref="Issues"/>.</summary>
    public int FailingEndpointsTotal { get; init; }

    /// <summary>The first hundred of them.</summary>
    public IReadOnlyList<FailingItem> FailingEndpoints { get => field ?? []; init; } = [];

    /// <summary>Service ports of which some endpoints are silent, and none fails.</summary>
    public int SilentEndpointsTotal { get; init; }

    /// <summary>The first hundred of them.</summary>
    public IReadOnlyList<FailingItem> SilentEndpoints { get => field ?? []; init; } = [];

    /// <summary>Service ports of which nearly all connections of the last minutes ended in a way that serves nobody.</summary>
    public int BadEndsTotal { get; init; }

    /// <summary>The first hundred of them.</summary>
    public IReadOnlyList<BadEndsItem> BadEnds { get => field ?? []; init; } = [];

    /// <summary>Ports that answer load balancers for one Service each.</summary>
    public IReadOnlyList<HealthCheckItem> HealthCheckPorts { get => field ?? []; init; } = [];

    /// <summary>Where <c>/metrics</c> answers, <c>ip:port</c>; null for nowhere.</summary>
    public string? MetricsAddress { get; init; }

    /// <summary>Of the process, as it sees itself.</summary>
    public int Pid { get; init; }
}

/// <summary>Something that is declared and cannot be served as written.</summary>
/// <param name="Subject">The object: <c>kind namespace/name</c>.</param>
/// <param name="Reason">One of the words in docs/operations.md.</param>
/// <param name="Message">What and why.</param>
internal sealed record IssueItem(string Subject, string Reason, string Message)
{
    /// <summary>Namespace and name of the Service that an EndpointSlice says to be of; null of other subjects, and where it does not say.</summary>
    public string? Service { get; init; }

    /// <summary>Where it is written, <c>FILE:LINE</c>; null of what is in no file.</summary>
    public string? Place { get; init; }
}
