using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// Where new connections of one Service port may go, by kube-proxy's rules (docs/semantics.md 4.1 to 4.6): one list for each traffic policy. The
/// lists share the arrays they are made of wherever they are the same.
/// </summary>
/// <param name="Cluster">The ready endpoints that the hints leave, or else those that serve while they terminate (KEP-1669).</param>
/// <param name="Local">The same of this node's endpoints, decided on its own and without hints.</param>
/// <param name="HasAny">There is an endpoint to send to, wherever it is.</param>
internal readonly record struct EndpointChoice(Endpoint[] Cluster, Endpoint[] Local, bool HasAny)
{
    public static EndpointChoice Of(Endpoint[] all, bool usesCluster, bool usesLocal, OwnNode node)
    {
        var ready = Where(all, static endpoint => endpoint.Ready);
        var usable = ready.Length > 0 ? ready : Where(all, IsLastResort);

        // Hints cannot empty a list: a mode holds only while it leaves an endpoint.
        var cluster = !usesCluster ? [] : ready.Length > 0 ? Hinted(ready, node) : usable;
        var local = usesLocal ? LocalOf(all, ready) : [];
        return new EndpointChoice(cluster, local.AsSpan().SequenceEqual(cluster) ? cluster : local, usable.Length > 0);
    }

    private static Endpoint[] LocalOf(Endpoint[] all, Endpoint[] ready)
    {
        var local = Where(ready, static endpoint => endpoint.IsLocal);
        return local.Length > 0 ? local : Where(all, static endpoint => endpoint.IsLocal && IsLastResort(endpoint));
    }

    private static bool IsLastResort(Endpoint endpoint) => endpoint.Serving && endpoint.Terminating;

    /// <summary>
    /// Prefers this node, else this zone. Each only while every ready endpoint carries such hints, as one without them may be meant for
    /// everybody, and one of them is meant for us.
    /// </summary>
    private static Endpoint[] Hinted(Endpoint[] ready, OwnNode node)
    {
        if (node.Name.Length > 0 && Array.TrueForAll(ready, static endpoint => endpoint.ForNodes.Count > 0))
        {
            var here = Where(ready, endpoint => endpoint.ForNodes.AsSpan().Contains(node.Name));
            if (here.Length > 0) return here;
        }

        if (node.Zone is { } zone && Array.TrueForAll(ready, static endpoint => endpoint.ForZones.Count > 0))
        {
            var near = Where(ready, endpoint => endpoint.ForZones.AsSpan().Contains(zone));
            if (near.Length > 0) return near;
        }

        return ready;
    }

    /// <summary>The same array when nothing drops out.</summary>
    private static Endpoint[] Where(Endpoint[] endpoints, Predicate<Endpoint> predicate) =>
        Array.TrueForAll(endpoints, predicate) ? endpoints : Array.FindAll(endpoints, predicate);
}
