using System.Globalization;
using System.Net.Sockets;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// Makes one endpoint list out of all slices of a Service port. The result depends on what the slices say together, never on how they
/// are cut or in which order they come: an endpoint moves between slices with its removal arriving before or after its addition.
/// </summary>
internal static class EndpointMerge
{
    /// <summary>Joins lists that are each the result of <see cref="Sort"/>; a lone one is given back as it is, not copied.</summary>
    public static Endpoint[] Union(IReadOnlyList<Endpoint[]> sorted) => sorted.Count switch
    {
        0 => [],
        1 => sorted[0],
        _ => Sort([.. sorted.SelectMany(endpoints => endpoints)]),
    };

    /// <summary>Without duplicates, in the ordinal order of <c>ip:port</c> (as kube-proxy: 10.0.1.10:80 comes before 10.0.1.1:80).</summary>
    public static Endpoint[] Sort(Endpoint[] endpoints)
    {
        if (endpoints.Length < 2) return endpoints;

        var keys = Array.ConvertAll(endpoints, KeyOf);
        Array.Sort(keys, endpoints, StringComparer.Ordinal);
        int count = 1;
        for (int i = 1; i < endpoints.Length; i++)
        {
            if (keys[i] != keys[count - 1])
            {
                keys[count] = keys[i];
                endpoints[count++] = endpoints[i];
            }
            else if (Compare(endpoints[i], endpoints[count - 1]) < 0)
            {
                endpoints[count - 1] = endpoints[i];
            }
        }

        return count == endpoints.Length ? endpoints : endpoints[..count];
    }

    /// <summary><see cref="Endpoint.Key"/>, but the address does not keep its text: there are very many addresses.</summary>
    private static string KeyOf(Endpoint endpoint)
    {
        Span<char> text = stackalloc char[64];
        endpoint.Address.TryFormat(text, out int length);
        return endpoint.Address.AddressFamily == AddressFamily.InterNetwork
            ? string.Create(CultureInfo.InvariantCulture, $"{text[..length]}:{endpoint.Port}")
            : string.Create(CultureInfo.InvariantCulture, $"[{text[..length]}]:{endpoint.Port}");
    }

    /// <summary>
    /// Which of two records of one address counts: not terminating beats terminating, then ready beats not ready; the rest only makes
    /// the choice a fixed one.
    /// </summary>
    private static int Compare(Endpoint left, Endpoint right)
    {
        int order = left.Terminating.CompareTo(right.Terminating);
        if (order == 0) order = right.Ready.CompareTo(left.Ready);
        if (order == 0) order = right.Serving.CompareTo(left.Serving);
        if (order == 0) order = right.IsLocal.CompareTo(left.IsLocal);
        if (order == 0) order = string.CompareOrdinal(left.NodeName, right.NodeName);
        if (order == 0) order = string.CompareOrdinal(left.Zone, right.Zone);
        if (order == 0) order = right.Weight.CompareTo(left.Weight);
        if (order == 0) order = left.Pod.CompareTo(right.Pod);
        if (order == 0) order = Compare(left.ForZones, right.ForZones);
        return order != 0 ? order : Compare(left.ForNodes, right.ForNodes);
    }

    private static int Compare(ValueList<string> left, ValueList<string> right) => left.AsSpan().SequenceCompareTo(right.AsSpan(), StringComparer.Ordinal);
}
