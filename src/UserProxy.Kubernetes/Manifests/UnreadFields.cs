using System.Collections.Frozen;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// Fields that Kubernetes 1.35 has beside those that are read here (its OpenAPI of core/v1 and discovery.k8s.io/v1). What is neither is a slip of whoever wrote
/// the manifest, as for <c>kubectl --validate=strict</c>. Asked by <see cref="ManifestJson"/>.
/// </summary>
internal static class UnreadFields
{
    private static readonly FrozenDictionary<Type, FrozenSet<string>> ByType = new Dictionary<Type, string>
    {
        [typeof(ServiceObject)] = "apiVersion kind",
        [typeof(ServiceSpec)] = "selector externalName publishNotReadyAddresses ipFamilyPolicy loadBalancerIP loadBalancerClass "
            + "allocateLoadBalancerNodePorts trafficDistribution",
        [typeof(ServicePortSpec)] = "targetPort appProtocol",
        [typeof(SessionAffinityConfig)] = "",
        [typeof(ClientIPConfig)] = "",
        [typeof(ServiceStatus)] = "conditions",
        [typeof(LoadBalancerStatus)] = "",
        [typeof(LoadBalancerIngress)] = "hostname ports",
        [typeof(EndpointSliceObject)] = "apiVersion kind",
        [typeof(EndpointPortObject)] = "appProtocol",
        [typeof(EndpointObject)] = "hostname deprecatedTopology",
        [typeof(EndpointConditions)] = "",
        [typeof(EndpointHints)] = "",
        [typeof(NamedHint)] = "",
        [typeof(ObjectMeta)] = "generateName selfLink resourceVersion generation deletionGracePeriodSeconds ownerReferences finalizers managedFields",
    }.ToFrozenDictionary(fields => fields.Key, fields => fields.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal));

    /// <summary>Null of a type whose other fields nobody looks at.</summary>
    public static FrozenSet<string>? Of(Type type) => ByType.GetValueOrDefault(type);
}
