using System.Net;
using UserProxy.Model;

namespace UserProxy.Kubernetes;

/// <summary>What <see cref="ServiceTableBuilder"/> must know about this node and its configuration.</summary>
public sealed record BuildOptions
{
    public required string NodeName { get; init; }

    public NodePortAddresses NodePortAddresses { get; init; } = NodePortAddresses.Any;

    /// <summary>The node's addresses now; a source that is given a function to read them fills this in itself.</summary>
    public IReadOnlyList<IPAddress> LocalAddresses { get; init; } = [];

    /// <summary>Holds where a Service has no annotation.</summary>
    public ServiceSettings Defaults { get; init; } = ServiceSettings.Default;

    /// <summary>
    /// The value of <c>service.kubernetes.io/service-proxy-name</c> that a Service must carry to be served; null: serve those that do not
    /// carry the label at all.
    /// </summary>
    public string? ServeLabel { get; init; }
}
