namespace UserProxy.Model;

/// <summary>The layer-4 protocol of a Service port. SCTP Services are skipped, as kube-proxy's userspace mode did.</summary>
public enum TransportProtocol
{
    Tcp,
    Udp,
}
