using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.Servers.Glance;

/// <summary>The node at one time. Made by <see cref="LookReader"/>.</summary>
/// <param name="At">By the clock that people read.</param>
/// <param name="Status">The process as a whole.</param>
/// <param name="Sums">Of all Service ports.</param>
/// <param name="Services">In the order of the table.</param>
internal sealed record Look(DateTimeOffset At, ProcessStatus Status, Sampled Sums, IReadOnlyList<LookedService> Services);
