namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>Which connection or session a <see cref="TraceRecord"/> is of.</summary>
/// <param name="Id">Among all that were followed since the process began.</param>
/// <param name="Protocol"><c>TCP</c> or <c>UDP</c>.</param>
/// <param name="Namespace">Of the Service.</param>
/// <param name="Name">Of the Service.</param>
/// <param name="Port">The port's name; may be empty.</param>
/// <param name="Kind">Which kind of address it came by.</param>
/// <param name="Client"><c>ip:port</c>, as all addresses here. As a load balancer has told, if one has.</param>
/// <param name="Listener">The address that it came to.</param>
/// <param name="ToldBy">That load balancer, the other end of the socket then; null when nobody has told.</param>
internal sealed record TracedConnection(
    long Id, string Protocol, string Namespace, string Name, string Port, string Kind, string Client, string Listener, string? ToldBy);
