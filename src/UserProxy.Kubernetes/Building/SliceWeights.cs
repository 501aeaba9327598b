using System.Net;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// The <c>userproxy.io/weight.IP</c> annotations of one EndpointSlice. A Kubernetes annotation name cannot hold a colon, so an IPv6
/// address may be written with dashes (<c>weight.fd00--1</c>).
/// </summary>
internal static class SliceWeights
{
    private const int MaxWeight = 65535;
    private static readonly Dictionary<IPAddress, int> None = [];

    public static IReadOnlyDictionary<IPAddress, int> Read(ObjectMeta meta, SubjectIssues issues)
    {
        if (meta.Annotations is null or { Count: 0 }) return None;

        var weights = new Dictionary<IPAddress, int>();
        foreach (var (key, value) in ServiceAnnotations.Ours(meta))
        {
            string? problem = null;
            if (!key.StartsWith(WellKnown.WeightPrefix, StringComparison.Ordinal)) problem = "is no annotation of an EndpointSlice that is known here";
            else if (!AddressText.TryParse(key[WellKnown.WeightPrefix.Length..].Replace('-', ':'), out var address)) problem = "does not name an IP address";
            else if (!ServiceAnnotations.TryNumber(value, 1, MaxWeight, out int weight)) problem = $"must be a number from 1 to {MaxWeight}";
            else if (!weights.TryAdd(address, weight)) problem = "names an address that has a weight already";

            if (problem is null) continue;
            string message = $"annotation {ServiceAnnotations.Name(key)}: {PrintableText.Quote(value)} {problem}";
            issues.Add(IssueReasons.InvalidAnnotation, message, meta.Source);
        }

        return weights;
    }
}
