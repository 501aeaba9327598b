namespace UserProxy.FakeApiServer;

/// <summary>What a request's path names: a collection or one object of it, of all namespaces or one. Read by <see cref="ApiRequests"/>.</summary>
internal sealed record ResourcePath(string Resource, string Kind, string ApiVersion, string Namespace, string Name, string Subresource)
{
    private static readonly Dictionary<(string Group, string Resource), (string Kind, bool Namespaced)> Served = new()
    {
        [("", "namespaces")] = ("Namespace", false),
        [("", "nodes")] = ("Node", false),
        [("", "services")] = ("Service", true),
        [("", "configmaps")] = ("ConfigMap", true),
        [("", "pods")] = ("Pod", true),
        [("discovery.k8s.io", "endpointslices")] = ("EndpointSlice", true),
        [("networking.k8s.io", "networkpolicies")] = ("NetworkPolicy", true),
    };

    public bool IsCollection => Name.Length == 0;

    /// <summary>
    /// Null for a path that is not served. <c>/api/v1</c> or <c>/apis/GROUP/v1</c>, perhaps <c>namespaces/NAME</c>, a resource, perhaps a name and a
    /// subresource.
    /// </summary>
    public static ResourcePath? Parse(string path)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var (group, rest) = parts switch
        {
            ["api", "v1", .. var core] => ("", core),
            ["apis", var named, "v1", .. var others] => (named, others),
            _ => ("", []),
        };
        string space = "";
        if (rest is ["namespaces", var within, _, ..] && rest[2] != "status") (space, rest) = (within, rest[2..]);
        if (rest is not [var resource, ..] || !Served.TryGetValue((group, resource), out var served)) return null;
        if (rest.Length > 3 || (rest.Length > 1 && served.Namespaced && space.Length == 0)) return null;
        return new ResourcePath(
            resource, served.Kind, group.Length == 0 ? "v1" : $"{group}/v1", space, rest.ElementAtOrDefault(1) ?? "", rest.ElementAtOrDefault(2) ?? "");
    }

    public static string ResourceOf(string? kind) =>
        Served.FirstOrDefault(served => served.Value.Kind == kind).Key.Resource ?? throw new ArgumentException($"{kind} is not served here", nameof(kind));
}
