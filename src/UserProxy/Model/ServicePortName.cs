namespace UserProxy.Model;

/// <summary>
/// Identity of one Service port, as kube-proxy's ServicePortName: TCP and UDP on one number are two ports. <paramref name="Port"/> is the
/// port's name, empty for a Service with a single unnamed port.
/// </summary>
public readonly record struct ServicePortName(string Namespace, string Name, string Port, TransportProtocol Protocol) : IComparable<ServicePortName>
{
    /// <summary>Ordinal by namespace, name, port, protocol: the order in which conflicts are decided and lists are printed.</summary>
    public int CompareTo(ServicePortName other)
    {
        int byNamespace = string.CompareOrdinal(Namespace, other.Namespace);
        if (byNamespace != 0) return byNamespace;
        int byName = string.CompareOrdinal(Name, other.Name);
        if (byName != 0) return byName;
        int byPort = string.CompareOrdinal(Port, other.Port);
        return byPort != 0 ? byPort : Protocol.CompareTo(other.Protocol);
    }

    /// <summary><c>namespace/name</c> or <c>namespace/name:port</c>, as kubectl and kube-proxy's logs write it.</summary>
    public override string ToString() => Port.Length == 0 ? $"{Namespace}/{Name}" : $"{Namespace}/{Name}:{Port}";
}
