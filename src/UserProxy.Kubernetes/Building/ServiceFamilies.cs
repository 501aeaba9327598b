using System.Net;
using System.Net.Sockets;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>In which address families a Service exists, each with its ClusterIP when there is one.</summary>
internal static class ServiceFamilies
{
    public static IEnumerable<(AddressFamily Family, IPAddress? ClusterIP)> Of(
        ServiceObject service, IReadOnlyCollection<ServiceSlice> slices, SubjectIssues issues)
    {
        var spec = service.Spec!;
        var clusterIPs = new SortedDictionary<AddressFamily, IPAddress>();
        bool anyGiven = false;
        foreach (string text in spec.ClusterIPs is { Count: > 0 } several ? several : [spec.ClusterIP ?? ""])
        {
            if (text.Length == 0) continue;
            anyGiven = true;
            if (AddressText.TryParse(text, out var address)) clusterIPs.TryAdd(address.AddressFamily, address);
            else issues.Add(IssueReasons.InvalidObject, $"clusterIP {PrintableText.Quote(text)} is no IP address", service.Metadata.Source);
        }

        var families = Declared(service, issues);
        if (spec.IpFamilies is not { Count: > 0 })
        {
            families.UnionWith(clusterIPs.Keys);
            if (families.Count == 0) families.UnionWith(FamiliesOf(slices));
        }
        else if (anyGiven)
        {
            // A family that the cluster gave no address does not exist, as for kube-proxy; a manifest need not have ClusterIPs at all.
            families.IntersectWith(clusterIPs.Keys);
            if (families.Count == 0)
                issues.Add(IssueReasons.InvalidObject, "no clusterIP is of a family in ipFamilies; it is not served", service.Metadata.Source);
        }

        return families.Select(family => (family, clusterIPs.GetValueOrDefault(family)));
    }

    private static SortedSet<AddressFamily> Declared(ServiceObject service, SubjectIssues issues)
    {
        var families = new SortedSet<AddressFamily>();
        foreach (string text in service.Spec!.IpFamilies ?? [])
        {
            if (text is "IPv4" or "IPv6") families.Add(text == "IPv4" ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6);
            else issues.Add(IssueReasons.InvalidObject, $"ipFamilies: {PrintableText.Quote(text)} is neither IPv4 nor IPv6", service.Metadata.Source);
        }

        return families;
    }

    /// <summary>Of a manifest that says nothing: what its slices are, or else IPv4.</summary>
    private static IEnumerable<AddressFamily> FamiliesOf(IReadOnlyCollection<ServiceSlice> slices) =>
        slices.Select(slice => slice.Family).OfType<AddressFamily>().DefaultIfEmpty(AddressFamily.InterNetwork);
}
