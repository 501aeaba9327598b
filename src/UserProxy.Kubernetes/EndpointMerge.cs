using System.Net;
using UserProxy.Model;

namespace UserProxy.Kubernetes;

/// <summary>
/// Makes one endpoint list out of all slices of a Service port. The result depends on what the slices say together, never on how they
/// are cut or in which order they come: an endpoint moves between slices with its removal arriving before or after its addition.
/// </summary>
internal static class EndpointMerge
{
    /// <summary>Without duplicates, in the ordinal order of <c>ip:port</c> (as kube-proxy: 10.0.1.10:80 comes before 10.0.1.1:80).</summary>
    public static ValueList<Endpoint> Union(IEnumerable<Endpoint> endpoints)
    {
        var byAddress = new Dictionary<(IPAddress, int), Endpoint>();
        foreach (var endpoint in endpoints)
        {
            var key = (endpoint.Address, endpoint.Port);
            byAddress[key] = byAddress.TryGetValue(key, out var other) && Compare(other, endpoint) <= 0 ? other : endpoint;
        }

        return [.. byAddress.Values.OrderBy(endpoint => endpoint.Key, StringComparer.Ordinal)];
    }

    /// <summary>
    /// Where new connections may go: the ready endpoints; when there is none, those that still serve while they terminate (KEP-1669), so
    /// that the last Pods of a rollout answer until they are gone.
    /// </summary>
    public static ValueList<Endpoint> Usable(ValueList<Endpoint> endpoints)
    {
        ValueList<Endpoint> ready = [.. endpoints.Where(endpoint => endpoint.Ready)];
        return ready.Count > 0 ? ready : [.. endpoints.Where(endpoint => endpoint.Serving && endpoint.Terminating)];
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
        if (order == 0) order = string.CompareOrdinal(left.NodeName, right.NodeName);
        if (order == 0) order = string.CompareOrdinal(left.Zone, right.Zone);
        return order != 0 ? order : right.Weight.CompareTo(left.Weight);
    }
}
