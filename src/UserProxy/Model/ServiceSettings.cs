using System.Net;

namespace UserProxy.Model;

/// <summary>
/// The per-Service settings that users give by <c>userproxy.io/</c> annotations; the defaults here hold unless the configuration's
/// <c>defaults:</c> or an annotation says otherwise.
/// </summary>
public sealed record ServiceSettings
{
    private static readonly TimeSpan LongestUnanswered = TimeSpan.FromSeconds(30);

    public static ServiceSettings Default { get; } = new();

    public SchedulerKind Scheduler { get; init; } = SchedulerKind.RoundRobin;

    /// <summary>Time allowed for one dial while there is another endpoint to try; else it goes on for what is left of all attempts.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How many dials a connection may make, in so many times <see cref="ConnectTimeout"/>.</summary>
    public int ConnectAttempts { get; init; } = 3;

    /// <summary>A connection on which neither direction made progress for this long is reset.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromHours(2);

    /// <summary>As <see cref="IdleTimeout"/>, once one side has sent its FIN: conntrack.tcpCloseWaitTimeout of kube-proxy (docs/decisions/0029).</summary>
    public TimeSpan HalfCloseTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>A UDP session without a datagram in either direction for this long ends.</summary>
    public TimeSpan UdpIdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>As <see cref="UdpIdleTimeout"/>, until the first answer: the shorter of 30 s and that.</summary>
    public TimeSpan UdpUnansweredTimeout => UdpIdleTimeout < LongestUnanswered ? UdpIdleTimeout : LongestUnanswered;

    /// <summary>
    /// A UDP session ends when each of its datagrams has had so many answers; 0: any number, also at the port of DNS. Null: nothing is declared.
    /// </summary>
    public int? UdpResponses { get; init; }

    /// <summary>Concurrent connections to the Service port on this node; null is unlimited.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>Concurrent connections of one client address to the Service port on this node; null is unlimited.</summary>
    public int? MaxConnectionsPerClient { get; init; }

    public DrainPolicy Drain { get; init; } = DrainPolicy.None;

    /// <summary>Null is the default: drop at external addresses, reject at ClusterIPs.</summary>
    public NoLocalAction? NoLocalAction { get; init; }

    /// <summary>
    /// Whose address endpoints see. Null is the default: the client's own where Kubernetes promises it, which is at addresses whose traffic policy is Local.
    /// </summary>
    public ClientAddressUse? ClientAddress { get; init; }

    /// <summary>The header that endpoints are told the client with, before its first byte; null is none.</summary>
    public ProxyProtocolVersion? ProxyProtocol { get; init; }

    /// <summary>What a header of version 2 carries besides.</summary>
    public ProxyV2Options ProxyV2Options { get; init; }

    /// <summary>The load balancers that begin each TCP connection with a PROXY protocol header; nobody else's is believed.</summary>
    public ValueList<CidrBlock> AcceptProxyProtocol { get; init; } = [];

    /// <summary>Whether a connection from this address begins with a header.</summary>
    public bool IsBalancer(IPAddress address)
    {
        if (AcceptProxyProtocol.Count == 0) return false;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        foreach (var block in AcceptProxyProtocol.AsSpan())
        {
            if (block.Contains(address)) return true;
        }

        return false;
    }
}
