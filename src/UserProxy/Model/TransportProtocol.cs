namespace UserProxy.Model;

/// <summary>The layer-4 protocol of a Service port. SCTP Services are skipped, as kube-proxy's userspace mode did.</summary>
public enum TransportProtocol
{
    Tcp,
    Udp,
}

/// <summary>Writes a protocol as Kubernetes does.</summary>
public static class TransportProtocolNames
{
    public static string Name(this TransportProtocol protocol) => protocol == TransportProtocol.Tcp ? "TCP" : "UDP";
}
