namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>What a new connection to one address of a Service meets.</summary>
/// <param name="Kind">As in <see cref="ListenerItem"/>.</param>
/// <param name="Address"><c>ip:port</c>.</param>
/// <param name="State">As in <see cref="ListenerItem"/>.</param>
/// <param name="Policy"><c>Cluster</c> or <c>Local</c>: the one that holds for this kind of address.</param>
/// <param name="NextEndpoint">Where the next connection goes, by the running scheduler; null when it goes nowhere.</param>
/// <param name="Says">The same in words, with the reason.</param>
internal sealed record ExplainedAddress(string Kind, string Address, string State, string Policy, string? NextEndpoint, string Says);
