using System.Net.Sockets;

namespace UserProxy.Model;

/// <summary>
/// What is declared for one Service port in one address family: where to listen, how to choose, and the endpoints. Immutable and
/// value-equal; built by a source, run by the Proxier.
/// </summary>
public sealed record ServicePort
{
    public required ServicePortName Name { get; init; }

    /// <summary>A dual-stack Service is two service ports, one a family, wholly independent of each other (as in kube-proxy).</summary>
    public required AddressFamily Family { get; init; }

    /// <summary>The Service's own <c>port</c>: shown to people; listeners carry the number that they bind.</summary>
    public int Number { get; init; }

    public ServiceSettings Settings { get; init; } = ServiceSettings.Default;

    /// <summary>Sorted; no duplicates.</summary>
    public ValueList<ListenAddress> Listeners { get; init; } = [];

    /// <summary>Every endpoint of every slice, usable or not, sorted by key: what list and explain show.</summary>
    public ValueList<Endpoint> Endpoints { get; init; } = [];

    /// <summary>The endpoints that new connections may go to, sorted by key. Empty means: refuse at connect.</summary>
    public ValueList<Endpoint> Usable { get; init; } = [];
}
