namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>The answer of <c>/v1/explain</c>, and of <c>explain -o json</c>: the whole way of a connection through one Service.</summary>
/// <param name="ApiVersion">See <see cref="Messages.ApiVersion"/>.</param>
/// <param name="Node">This node's name.</param>
/// <param name="Revision">Of the table that is served.</param>
/// <param name="From">The client that was asked for; null stands for a process of this node.</param>
/// <param name="Ports">Each service port and address family of the Service that fits the question.</param>
/// <param name="Issues">What is wrong with the declaration of the Service and its EndpointSlices.</param>
internal sealed record Explanation(
    string ApiVersion, string Node, long Revision, string? From, IReadOnlyList<ExplainedPort> Ports, IReadOnlyList<IssueItem> Issues);
