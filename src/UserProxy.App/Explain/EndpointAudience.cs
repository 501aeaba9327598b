using UserProxy.Model;

namespace UserProxy.App.Explain;

/// <summary>
/// Clients that get the same endpoints of a Service port. There are up to three: ClusterIPs have internalTrafficPolicy; external addresses have
/// externalTrafficPolicy, from whose Local clients of this node are exempt. Made for <see cref="EndpointWords"/>.
/// </summary>
/// <param name="Name">As <c>not for ...</c> goes on.</param>
/// <param name="Policy">The field and its value; null for those that no policy binds.</param>
/// <param name="IsLocal">They get the endpoints of this node alone.</param>
/// <param name="Endpoints">What they get.</param>
internal sealed record EndpointAudience(string Name, string? Policy, bool IsLocal, ValueList<Endpoint> Endpoints)
{
    public const string ClusterIPs = "ClusterIPs", ExternalAddresses = "external addresses", Outsiders = "outside clients",
        OwnClients = "clients of this node at external addresses";

    public bool Uses(Endpoint endpoint) => Endpoints.Contains(endpoint);

    /// <summary>Those that the port has addresses for; all while it has no address, so that its endpoints are judged at all.</summary>
    public static IReadOnlyList<EndpointAudience> Of(ServicePort port)
    {
        bool any = port.Listeners.Count == 0;
        bool isInternal = any || port.Listeners.Any(listener => listener.Kind == ListenerKind.ClusterIP);
        bool isExternal = any || port.Listeners.Any(listener => listener.Kind != ListenerKind.ClusterIP);
        return
        [
            .. isInternal ? [By(ClusterIPs, "internalTrafficPolicy", port.InternalPolicy, port)] : Array.Empty<EndpointAudience>(),
            .. !isExternal ? Array.Empty<EndpointAudience>()
                : port.ExternalPolicy == TrafficPolicy.Cluster ? [By(ExternalAddresses, "externalTrafficPolicy", TrafficPolicy.Cluster, port)]
                : [By(Outsiders, "externalTrafficPolicy", TrafficPolicy.Local, port), new(OwnClients, null, IsLocal: false, port.ClusterEndpoints)],
        ];
    }

    private static EndpointAudience By(string name, string field, TrafficPolicy policy, ServicePort port) => policy == TrafficPolicy.Local
        ? new(name, $"{field} Local", IsLocal: true, port.LocalEndpoints)
        : new(name, $"{field} Cluster", IsLocal: false, port.ClusterEndpoints);
}
