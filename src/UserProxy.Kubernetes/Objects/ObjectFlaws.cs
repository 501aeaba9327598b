using System.Buffers;

namespace UserProxy.Kubernetes.Objects;

/// <summary>
/// JSON can say null where the objects' types say that there is none, and the builder believes the types. A real API server never sends
/// such an object; one that does is skipped here, by name.
/// </summary>
internal static class ObjectFlaws
{
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-.");

    /// <summary>Names go into metric labels, paths and log lines: what is no Kubernetes name goes no further than this.</summary>
    public static bool IsName(string text, int maxLength) =>
        text.Length > 0 && text.Length <= maxLength
        && !text.AsSpan().ContainsAnyExcept(NameCharacters) && char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1]);

    public static string? Of(ServiceObject service) =>
        OfMeta(service.Metadata)
        ?? OfList(service.Spec?.Ports, "spec.ports")
        ?? OfList(service.Spec?.ClusterIPs, "spec.clusterIPs")
        ?? OfList(service.Spec?.IpFamilies, "spec.ipFamilies")
        ?? OfList(service.Spec?.ExternalIPs, "spec.externalIPs")
        ?? OfList(service.Spec?.LoadBalancerSourceRanges, "spec.loadBalancerSourceRanges")
        ?? OfList(service.Status?.LoadBalancer?.Ingress, "status.loadBalancer.ingress");

    public static string? Of(EndpointSliceObject slice)
    {
        string? flaw = OfMeta(slice.Metadata) ?? OfList(slice.Ports, "ports") ?? OfList(slice.Endpoints, "endpoints");
        if (flaw is not null) return flaw;
        foreach (var endpoint in slice.Endpoints ?? [])
        {
            flaw = OfList(endpoint.Addresses, "addresses")
                ?? OfList(endpoint.Hints?.ForZones, "hints.forZones") ?? OfList(endpoint.Hints?.ForNodes, "hints.forNodes");
            if (flaw is not null) return flaw;
        }

        return null;
    }

    public static string? Of(NodeObject node) => OfMeta(node.Metadata)
        ?? OfList(node.Spec?.PodCIDRs, "spec.podCIDRs")
        ?? OfList(node.Spec?.Taints, "spec.taints")
        ?? OfList(node.Status?.Addresses, "status.addresses");

    public static string? Of(ConfigMapObject map) => OfMeta(map.Metadata);

    public static string? Of(NetworkPolicyObject policy)
    {
        string? flaw = OfMeta(policy.Metadata)
            ?? OfList(policy.Spec?.Ingress, "spec.ingress") ?? OfList(policy.Spec?.PodSelector?.MatchExpressions, "spec.podSelector.matchExpressions");
        if (flaw is not null) return flaw;
        foreach (var rule in policy.Spec?.Ingress ?? [])
        {
            flaw = OfList(rule.From, "from") ?? OfList(rule.Ports, "ports");
            if (flaw is not null) return flaw;
        }

        return null;
    }

    public static string? Of(WrittenServiceObject service) => OfMeta(service.Metadata) ?? OfList(service.Spec?.Ports, "spec.ports");

    public static string? Of(PodObject pod)
    {
        string? flaw = OfMeta(pod.Metadata)
            ?? OfList(pod.Spec?.Containers, "spec.containers")
            ?? OfList(pod.Status?.PodIPs, "status.podIPs")
            ?? OfList(pod.Status?.Conditions, "status.conditions")
            ?? OfList(pod.Status?.ContainerStatuses, "status.containerStatuses");
        if (flaw is not null) return flaw;
        foreach (var container in pod.Spec?.Containers ?? [])
        {
            flaw = OfList(container.Ports, "ports");
            if (flaw is not null) return flaw;
        }

        return null;
    }

    private static string? OfMeta(ObjectMeta? meta)
    {
        if (meta?.Name is null || !IsName(meta.Name, 253)) return "metadata.name is no Kubernetes name";
        if (!string.IsNullOrEmpty(meta.Namespace) && !IsName(meta.Namespace, 63)) return "metadata.namespace is no Kubernetes name";
        return meta.Labels?.ContainsNull() == true || meta.Annotations?.ContainsNull() == true ? "metadata has a label or annotation that is null" : null;
    }

    private static bool ContainsNull(this IReadOnlyDictionary<string, string> map)
    {
        foreach (var (_, value) in map)
        {
            if (value is null) return true;
        }

        return false;
    }

    private static string? OfList<T>(IReadOnlyList<T>? list, string field)
        where T : class
    {
        for (int i = 0; i < list?.Count; i++)
        {
            if (list[i] is null) return $"{field}[{i}] is null";
        }

        return null;
    }
}
