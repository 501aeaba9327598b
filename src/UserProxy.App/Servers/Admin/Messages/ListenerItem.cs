namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>One address and port that a service port is to be reached at.</summary>
/// <param name="Kind"><c>NodePort</c>, <c>ClusterIP</c>, <c>LoadBalancer</c> or <c>ExternalIP</c>.</param>
/// <param name="Address">IP; the wildcard stands for every address of the node.</param>
/// <param name="Port">Port.</param>
/// <param name="State">What a client from outside meets: <c>Listening</c>, <c>Refusing</c>, <c>Dropping</c> or <c>Failed</c>.</param>
/// <param name="Reason">Why it is not listening; null when it is.</param>
/// <param name="AcceptQueue">Clients that wait to be accepted; null where it is not known.</param>
/// <param name="Backlog">How many may wait; null where it is not known.</param>
internal sealed record ListenerItem(string Kind, string Address, int Port, string State, string? Reason, int? AcceptQueue, int? Backlog);
