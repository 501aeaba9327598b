using UserProxy.Model;

namespace UserProxy.App.Snapshots;

/// <summary>A table as it was served, by whom, and when it was so.</summary>
/// <param name="Identity">What the table was made of.</param>
/// <param name="WrittenAt">A moment at which a run had it in force.</param>
/// <param name="Table">What was served.</param>
internal sealed record Snapshot(SnapshotIdentity Identity, DateTimeOffset WrittenAt, ServiceTable Table);
