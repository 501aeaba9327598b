namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>Nearly all connections of a Service port have lately ended by one reason that serves nobody.</summary>
/// <param name="Namespace">Of the Service.</param>
/// <param name="Name">Of the Service.</param>
/// <param name="Port">The name of the port.</param>
/// <param name="Reason">As the label <c>reason</c> of userproxy_connections_closed_total.</param>
/// <param name="Count">Connections that ended so.</param>
/// <param name="Of">All that ended in the last three to five minutes.</param>
/// <param name="Says">The same in words.</param>
/// <param name="Next">What to do.</param>
internal sealed record BadEndsItem(string Namespace, string Name, string Port, string Reason, long Count, long Of, string Says, string Next);
