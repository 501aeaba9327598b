namespace UserProxy.App.Servers.Admin.Messages;

/// <summary>The answer of <c>/v1/services</c>, and of <c>list -o json</c>.</summary>
/// <param name="ApiVersion">See <see cref="Messages.ApiVersion"/>.</param>
/// <param name="Node">This node's name.</param>
/// <param name="Revision">Of the table that is served; 0 before the first.</param>
/// <param name="Source">Where the Services come from: paths of manifests, or the API server.</param>
/// <param name="Services">One for each service port and address family, sorted; made while it is written.</param>
internal sealed record ServiceList(string ApiVersion, string Node, long Revision, string Source, IEnumerable<ServiceItem> Services);
