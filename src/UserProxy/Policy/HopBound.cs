namespace UserProxy.Policy;

/// <summary>
/// The bound on loops over other nodes, which one node cannot see. A backend connection gets one hop less than its client came with, as behind a router (RFC
/// 791, RFC 8200). Asked by each connection before it dials, from any thread. UDP does not need it: each datagram brings its hops.
/// </summary>
internal sealed class HopBound
{
    /// <summary>Nothing is known: the system's own limit stands.</summary>
    public const int Unknown = 0;

    /// <summary>The client's packets were not to go any further.</summary>
    public const int None = -1;

    /// <summary>Some client came with more than one hop. A kernel that does not keep them (gVisor) says 1 of everybody.</summary>
    private volatile bool _areKept;

    /// <summary>How many hops may be given to what is sent on.</summary>
    /// <param name="received">As <see cref="Tcp.TransportConnection.ReadHops"/> says.</param>
    public int Next(int received)
    {
        if (received > 1)
        {
            if (!_areKept) _areKept = true;
            return received - 1;
        }

        return received == 1 && _areKept ? None : Unknown;
    }
}
