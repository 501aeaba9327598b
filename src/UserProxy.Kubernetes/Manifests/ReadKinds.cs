using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Objects;
using YamlDotNet.RepresentationModel;

namespace UserProxy.Kubernetes.Manifests;

/// <summary>
/// The kinds that are read, each with its apiVersion, and what a kind or a version that is neither was meant to be. An API server refuses a misspelt kind; a
/// manifest meets none, and its object would be missing without a word. Asked by <see cref="ManifestReader"/>.
/// </summary>
internal static class ReadKinds
{
    private const string DiscoveryGroup = "discovery.k8s.io";
    private const string Endpoints = "Endpoints", List = "List";

    private static readonly string[] Objects = ["Service", "EndpointSlice", "Node"];

    /// <summary>Endpoints are known, though they are not read.</summary>
    private static readonly string[] Items = [.. Objects, Endpoints];

    private static readonly string[] Lists = [List];

    /// <summary>
    /// Those of Kubernetes itself whose names are no domains, what it calls the group without a name, and the one of a kind that is read. Others have names
    /// without a dot, too.
    /// </summary>
    private static readonly string[] Groups = [DiscoveryGroup, "core", "apps", "batch", "autoscaling", "policy", "extensions"];

    private static readonly string[] Known = [.. Items, List, .. Items.Select(kind => kind + List)];

    public static string VersionOf(string kind) => kind is "EndpointSlice" or "EndpointSliceList" ? $"{DiscoveryGroup}/v1" : "v1";

    /// <summary>What is wrong with the apiVersion of a kind that is read; null for nothing, and for somebody else's kind of that name.</summary>
    public static string? VersionFault(string kind, string? version)
    {
        string needed = VersionOf(kind);
        if (version == needed || !Known.Contains(kind) || kind.StartsWith(Endpoints, StringComparison.Ordinal)) return null;
        // serving.knative.dev and openslo have a Service, and management.cattle.io a Node. An EndpointSlice is nobody else's.
        if (needed == "v1" && !CanBeKubernetes(version)) return null;
        return version is null ? $"is needed: {needed}" : $"must be {needed}, not {PrintableText.Quote(version)}";
    }

    /// <summary>The kind that is written in other letters; null when it is none, or the very same.</summary>
    public static string? InOtherCase(string kind) => Known.FirstOrDefault(known => known != kind && known.Equals(kind, StringComparison.OrdinalIgnoreCase));

    /// <summary>The kind that was most likely meant; null for what is plainly another.</summary>
    public static string? MeantBy(string kind, string? version)
    {
        if (Known.Contains(kind) || !CanBeKubernetes(version)) return null;
        if (Nearest.InAnyCase(kind, [.. Items, List]) is { } near) return InPlaceOfEndpoints(near);
        // By its two parts: as a whole, ServiceCIDR is as near to ServiceList, and PodList to NodeList, as a slip is.
        for (int tail = List.Length - 1; tail <= List.Length + 1 && kind.Length > tail + 2; tail++)
        {
            if (Nearest.InAnyCase(kind[^tail..], Lists) is not null && Nearest.InAnyCase(kind[..^tail], Items) is { } item)
                return InPlaceOfEndpoints(item) + List;
        }

        return null;
    }

    /// <summary>The object that such a kind would make of it; null when it is none of those that are read, or its name does not tell.</summary>
    public static ObjectKey? KeyOf(YamlMappingNode root, string kind)
    {
        if (!Objects.Contains(kind) || ManifestJson.FieldOf(root, "metadata") is not YamlMappingNode meta) return null;
        string space = kind == "Node" ? "" : TextOf(meta, "namespace") ?? WellKnown.DefaultNamespace;
        return TextOf(meta, "name") is { } name && ObjectFlaws.IsName(name, 253) && (space.Length == 0 || ObjectFlaws.IsName(space, 63))
            ? new ObjectKey(kind, space, name)
            : null;
    }

    /// <summary>Namespace and name of the Service that an EndpointSlice says to be of, readable or not; null of all else.</summary>
    public static string? ServiceOf(YamlMappingNode root, ObjectKey key) =>
        key.Kind == "EndpointSlice" && ManifestJson.FieldOf(root, "metadata") is YamlMappingNode meta
        && ManifestJson.FieldOf(meta, "labels") is YamlMappingNode labels && TextOf(labels, WellKnown.ServiceNameLabel) is { } service
            ? PrintableText.Of($"{key.Namespace}/{service}")
            : null;

    /// <summary>Whether the group is one of Kubernetes itself, or a slip for one.</summary>
    private static bool CanBeKubernetes(string? version)
    {
        int slash = version?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (slash < 0) return true;
        string group = version![..slash];
        return group.EndsWith(".k8s.io", StringComparison.Ordinal) || Nearest.InAnyCase(group, Groups) is not null;
    }

    private static string InPlaceOfEndpoints(string kind) => kind == Endpoints ? "EndpointSlice" : kind;

    private static string? TextOf(YamlMappingNode node, string field) =>
        ManifestJson.FieldOf(node, field) is YamlScalarNode { Value: { Length: > 0 } text } ? text : null;
}
