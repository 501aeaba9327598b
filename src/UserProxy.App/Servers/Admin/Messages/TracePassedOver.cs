namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>An endpoint that was not chosen.</summary>
/// <param name="Endpoint"><c>ip:port</c>.</param>
/// <param name="Reason"><c>not_chosen</c>, <c>pinned_elsewhere</c>, <c>tried</c>, <c>aside</c>, <c>not_local</c>, <c>unready</c> or <c>not_used</c>.</param>
internal sealed record TracePassedOver(string Endpoint, string Reason);
