namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>Where the datagrams of a session go.</summary>
/// <param name="Endpoint"><c>ip:port</c>.</param>
/// <param name="LocalPort">Our own port, which sessions with other endpoints may share; null where it is not known.</param>
internal sealed record TraceSession(string Endpoint, int? LocalPort);
