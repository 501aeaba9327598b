namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>The answer of <c>/v1/connections</c>, and of <c>connections -o json</c>.</summary>
/// <param name="ApiVersion">See <see cref="Messages.ApiVersion"/>.</param>
/// <param name="Node">This node's name.</param>
/// <param name="Connections">Every connection that fits the question; made while it is written.</param>
internal sealed record ConnectionList(string ApiVersion, string Node, IEnumerable<ConnectionItem> Connections);
