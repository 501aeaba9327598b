namespace UserProxy.Linux.Transparent;

/// <summary>
/// The bits of a packet's mark (SO_MARK of socket(7)) that are ours. Single ones, set and tested under a mask, so that the marks of others stay: those of
/// kube-proxy (0x4000, 0x8000), Cilium (0xf00 and the upper half), Calico (the upper half), Tailscale (0xff0000) and Istio (0x539) were avoided.
/// </summary>
public static class TransparentMarks
{
    /// <summary>Of sockets that are bound to a client's address, and so of all that they send.</summary>
    public const int Socket = 0x40;

    /// <summary>Of those whose answers come over a bridge.</summary>
    public const int Bridged = 0x80;

    /// <summary>Of packets that come for such a socket: by it they are routed to this node.</summary>
    public const int Answer = 0x20;
}
