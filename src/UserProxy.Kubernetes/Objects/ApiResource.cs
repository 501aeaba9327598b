using System.Text.Json.Serialization.Metadata;

namespace UserProxy.Kubernetes.Objects;

/// <summary>What there is to know about one kind: its place, its JSON and which objects are not safe to build from.</summary>
/// <param name="Name">In plural, as in a URL, a role and a metric label.</param>
/// <param name="Group">The API group, as a role names it; empty for core.</param>
/// <param name="Type">Its JSON.</param>
/// <param name="Metadata">Of an object, null when it has none.</param>
/// <param name="Flaw">Why an object cannot be used, beyond what its types tell; null when it can.</param>
internal sealed record ApiResource<T>(
    string Name, string Group, JsonTypeInfo<T> Type, Func<T, ObjectMeta?> Metadata, Func<T, string?> Flaw)
    where T : class
{
    public string Version { get; init; } = "v1";

    /// <summary>Null for all of them, and for what has none.</summary>
    public string? Namespace { get; init; }
}

/// <summary>The three kinds that the proxy follows, and those that only <c>migrate plan</c> and <c>verify</c> read.</summary>
internal static class ApiResources
{
    public static readonly ApiResource<ServiceObject> Services =
        new("services", "", ApiJson.Default.ServiceObject, service => service.Metadata, ObjectFlaws.Of);

    public static readonly ApiResource<EndpointSliceObject> EndpointSlices = new(
        "endpointslices",
        "discovery.k8s.io",
        ApiJson.Default.EndpointSliceObject,
        slice => slice.Metadata,
        ObjectFlaws.Of);

    public static readonly ApiResource<NodeObject> Nodes =
        new("nodes", "", ApiJson.Default.NodeObject, node => node.Metadata, ObjectFlaws.Of);

    /// <summary>Of kube-system alone, where kube-proxy's is.</summary>
    public static readonly ApiResource<ConfigMapObject> SystemConfigMaps =
        new("configmaps", "", ApiJson.Default.ConfigMapObject, map => map.Metadata, ObjectFlaws.Of) { Namespace = "kube-system" };

    public static readonly ApiResource<NetworkPolicyObject> NetworkPolicies = new(
        "networkpolicies",
        "networking.k8s.io",
        ApiJson.Default.NetworkPolicyObject,
        policy => policy.Metadata,
        ObjectFlaws.Of);

    /// <summary>The Services again, with their selectors.</summary>
    public static readonly ApiResource<WrittenServiceObject> WrittenServices =
        new("services", "", ApiJson.Default.WrittenServiceObject, service => service.Metadata, ObjectFlaws.Of);

    public static readonly ApiResource<PodObject> Pods = new("pods", "", ApiJson.Default.PodObject, pod => pod.Metadata, ObjectFlaws.Of);
}
