namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>Which endpoint was chosen, and from what.</summary>
/// <param name="Attempt">From 1.</param>
/// <param name="PolicyScope"><c>internal</c> at a ClusterIP, else <c>external</c>: which of the two traffic policies applies.</param>
/// <param name="Policy"><c>Cluster</c> or <c>Local</c>.</param>
/// <param name="LocalOnly">Only endpoints of this node were to choose from.</param>
/// <param name="Scheduler">By its short name.</param>
/// <param name="Pin">Where session affinity had the client pinned before; null without a pin.</param>
/// <param name="Endpoint">The one that was chosen; null when there was none.</param>
/// <param name="Others">The first few that were not.</param>
/// <param name="MoreOthers">How many more.</param>
internal sealed record TraceDecision(
    int Attempt, string PolicyScope, string Policy, bool LocalOnly, string Scheduler, string? Pin, string? Endpoint, IReadOnlyList<TracePassedOver> Others,
    int MoreOthers);

/// <summary>An endpoint that was not chosen.</summary>
/// <param name="Endpoint"><c>ip:port</c>.</param>
/// <param name="Reason"><c>not_chosen</c>, <c>pinned_elsewhere</c>, <c>tried</c>, <c>aside</c>, <c>not_local</c>, <c>unready</c> or <c>not_used</c>.</param>
internal sealed record TracePassedOver(string Endpoint, string Reason);
