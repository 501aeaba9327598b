namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>Whether one endpoint gets new connections, and why.</summary>
/// <param name="Endpoint"><c>ip:port</c>.</param>
/// <param name="Used">At some address at least, and not aside at present.</param>
/// <param name="Says">Why or why not, in words.</param>
internal sealed record ExplainedEndpoint(string Endpoint, bool Used, string Says);
