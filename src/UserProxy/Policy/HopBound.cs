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

    /// <summary>A Pod is nearer than that. With fewer, a dial that nobody answers may have ended at a router, and says nothing of its endpoint.</summary>
    public const int Enough = 16;

    /// <summary>More routers than are between the nodes of a cluster.</summary>
    private const int FarAway = 3;

    /// <summary>What systems begin with: Linux and BSD, Windows, routers.</summary>
    private static readonly int[] Beginnings = [64, 128, 255];

    /// <summary>Some client came with more than one hop. A kernel that does not keep them (gVisor) says 1 of everybody.</summary>
    private volatile bool _areKept;

    /// <summary>
    /// Whether what came with so many hops has been on its way for longer than a client of the cluster: over routers, or over proxies of a loop.
    /// </summary>
    public static bool ComesFromAfar(int received) => received > 1 && Array.Find(Beginnings, begun => begun >= received) - received >= FarAway;

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
