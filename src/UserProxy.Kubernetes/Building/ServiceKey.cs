namespace UserProxy.Kubernetes.Building;

/// <summary>
/// Identity of a Service or an EndpointSlice: namespace and name. Ordered as service ports are, so that the ports of one Service lie together.
/// </summary>
internal readonly record struct ServiceKey(string Namespace, string Name) : IComparable<ServiceKey>
{
    public int CompareTo(ServiceKey other)
    {
        int byNamespace = string.CompareOrdinal(Namespace, other.Namespace);
        return byNamespace != 0 ? byNamespace : string.CompareOrdinal(Name, other.Name);
    }

    public override string ToString() => $"{Namespace}/{Name}";
}
