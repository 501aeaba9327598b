namespace UserProxy.Reading;

/// <summary>What health and metrics need to know of the syncs of a <see cref="Proxier"/>.</summary>
/// <param name="PendingSince">When the oldest table that is not applied yet was queued; null when all are.</param>
/// <param name="LastQueuedAt">When the newest table was queued; null before the first.</param>
/// <param name="LastAppliedAt">When a table was last in force; null before the first.</param>
public readonly record struct SyncFacts(DateTimeOffset? PendingSince, DateTimeOffset? LastQueuedAt, DateTimeOffset? LastAppliedAt);
