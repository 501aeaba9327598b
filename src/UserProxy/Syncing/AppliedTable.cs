using UserProxy.Model;

namespace UserProxy.Syncing;

/// <summary>One sync that has ended well: the table that is in force now and the time that it took to make it so.</summary>
public readonly record struct AppliedTable(ServiceTable Table, TimeSpan Duration);
