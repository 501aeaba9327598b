using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// What an API server refuses of an object although its types are right. A manifest meets no API server: <see cref="ManifestJson"/> asks here instead. The
/// builder says what is wrong with an object of either source.
/// </summary>
internal static class ManifestRules
{
    private static readonly Dictionary<(Type Owner, string Field), string[]> Words = new()
    {
        [(typeof(ServiceSpec), "type")] = ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"],
        [(typeof(ServiceSpec), "externalTrafficPolicy")] = ["Cluster", "Local"],
        [(typeof(ServiceSpec), "internalTrafficPolicy")] = ["Cluster", "Local"],
        [(typeof(ServiceSpec), "sessionAffinity")] = ["None", "ClientIP"],
        [(typeof(ServicePortSpec), "protocol")] = ["TCP", "UDP", "SCTP"],
        [(typeof(LoadBalancerIngress), "ipMode")] = ["VIP", "Proxy"],
        [(typeof(EndpointSliceObject), "addressType")] = ["IPv4", "IPv6", "FQDN"],
        [(typeof(EndpointPortObject), "protocol")] = ["TCP", "UDP", "SCTP"],
    };

    /// <summary>Null for nothing; an empty text is an absent one to Kubernetes, but for a name.</summary>
    public static string? FaultOf(Type owner, string field, string text)
    {
        if (owner == typeof(IdentifiedObject.Meta) && field == "name" && !ObjectFlaws.IsName(text, 253))
            return $"{PrintableText.Quote(text)} is no Kubernetes name (a-z, 0-9, '-' and '.')";
        if (text.Length == 0) return null;
        if (owner == typeof(IdentifiedObject.Meta) && field == "namespace" && !ObjectFlaws.IsName(text, 63))
            return $"{PrintableText.Quote(text)} is no Kubernetes name";
        if (field == "name"
            && (owner == typeof(ServicePortSpec) || owner == typeof(EndpointPortObject)) && (!ObjectFlaws.IsName(text, 63) || text.Contains('.')))
            return $"{PrintableText.Quote(text)} is no port name (a-z, 0-9 and '-')";
        return Words.TryGetValue((owner, field), out string[]? words)
            && !words.Contains(text) ? $"must be one of {string.Join(", ", words)}, not {PrintableText.Quote(text)}" : null;
    }

    /// <summary>A field that must be there, with what is said when it is not.</summary>
    public static (string Field, string Message)? NeededOf(Type owner) =>
        owner == typeof(IdentifiedObject) ? ("metadata", "is needed, with a name")
        : owner == typeof(IdentifiedObject.Meta) ? ("name", "is needed")
        : owner == typeof(ServicePortSpec) ? ("port", "a port number is needed")
        : owner == typeof(EndpointSliceObject) ? ("addressType", "is missing: IPv4, IPv6 or FQDN")
        : null;
}
