namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>The process that served before this one, which has taken over from it.</summary>
/// <param name="Holder">Which it was.</param>
/// <param name="Source">What it served; null where that is what this process serves, too.</param>
/// <param name="At">When this process began to serve alone.</param>
/// <param name="NotServedTotal">Services of it that this process did not have then.</param>
/// <param name="NotServed">The first of them, <c>NAMESPACE/NAME</c>.</param>
internal sealed record TookOverItem(string Holder, string? Source, DateTimeOffset At, int NotServedTotal, IReadOnlyList<string> NotServed);
