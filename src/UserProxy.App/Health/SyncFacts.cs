namespace UserProxy.App.Health;

/// <summary>
/// How far the Proxier is behind what was declared, by the clock of the process. Both are null before anything happened: that is healthy, as
/// in kube-proxy.
/// </summary>
/// <param name="PendingSince">When the oldest change that is not yet served was queued.</param>
/// <param name="LastApplied">When a table was last made true.</param>
internal readonly record struct SyncFacts(DateTimeOffset? PendingSince, DateTimeOffset? LastApplied);
