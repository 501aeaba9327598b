using System.Net;
using System.Text;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;

namespace UserProxy.Scenarios.Paths;

/// <summary>
/// What kube-proxy's ipvs mode writes, as input of the tools: addresses for its dummy device, ipsets, the nat table that masquerades by them, and the virtual
/// servers. The number of iptables rules does not grow with the Services.
/// </summary>
internal static class IpvsRules
{
    public const string Device = "kube-ipvs0";

    private const string ClusterIPs = "KUBE-CLUSTER-IP", LoopBack = "KUBE-LOOP-BACK", TcpPorts = "KUBE-NODE-PORT-TCP", UdpPorts = "KUBE-NODE-PORT-UDP";

    /// <summary>A NodePort is a virtual server on each of the node's addresses.</summary>
    private static readonly IReadOnlyList<string> NodeAddresses = [TestBed.NodeIP, TestBed.NodePodIP];

    /// <summary>The sets, in the order in which they are made and taken away.</summary>
    public static IReadOnlyList<string> Sets { get; } = [ClusterIPs, LoopBack, TcpPorts, UdpPorts];

    /// <summary>For ip -batch. The device stays down: an address is the node's own wherever it is.</summary>
    public static string Addresses(IReadOnlyList<Service> services)
    {
        var text = new StringBuilder($"link add {Device} type dummy\n");
        foreach (var address in services.Select(service => service.ClusterIP).OfType<IPAddress>().Distinct())
            text.Append($"addr add {address}/32 dev {Device}\n");
        return text.ToString();
    }

    /// <summary>For ipset restore.</summary>
    public static string Members(IReadOnlyList<Service> services)
    {
        var text = new StringBuilder($"""
            create {ClusterIPs} hash:ip,port family inet hashsize 1024 maxelem 65536
            create {LoopBack} hash:ip,port,ip family inet hashsize 1024 maxelem 65536
            create {TcpPorts} bitmap:port range 0-65535
            create {UdpPorts} bitmap:port range 0-65535

            """);
        foreach (var service in services)
        {
            if (service.ClusterIP is { } address) text.Append($"add {ClusterIPs} {address},{service.Protocol}:{service.Port}\n");
            if (service.NodePort > 0) text.Append($"add {(service.Protocol == "udp" ? UdpPorts : TcpPorts)} {service.NodePort}\n");
        }

        foreach (string hairpin in services.SelectMany(Hairpins).Distinct()) text.Append($"add {LoopBack} {hairpin}\n");
        return text.ToString();
    }

    /// <summary>For iptables-restore. kube-proxy says nothing of a set that is empty.</summary>
    public static string Nat(IReadOnlyList<Service> services)
    {
        bool hasClusterIPs = services.Any(service => service.ClusterIP is not null);
        var text = new StringBuilder("*nat\n");
        foreach (string chain in new[] { "SERVICES", "POSTROUTING", "NODE-PORT", "LOAD-BALANCER", "MARK-MASQ" }) text.Append($":KUBE-{chain} - [0:0]\n");
        text.Append($"""
            -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
            -A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
            -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
            -A KUBE-SERVICES -s 127.0.0.0/8 -j RETURN
            -A KUBE-POSTROUTING -m comment --comment "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose" -m set --match-set {LoopBack} dst,dst,src -j MASQUERADE

            """);
        foreach (var (protocol, set) in new[] { ("tcp", TcpPorts), ("udp", UdpPorts) })
        {
            if (services.Any(service => service.NodePort > 0 && service.Protocol == protocol))
                text.Append(
                    $"-A KUBE-NODE-PORT -p {protocol} -m comment --comment \"Kubernetes nodeport {protocol.ToUpperInvariant()} port for masquerade purpose\" "
                        + $"-m set --match-set {set} dst -j KUBE-MARK-MASQ\n");
        }

        if (hasClusterIPs)
            text.Append(
                "-A KUBE-SERVICES -m comment --comment \"Kubernetes service cluster ip + port for masquerade purpose\" -m set --match-set "
                    + $"{ClusterIPs} dst,dst ! -s {TestBed.PodNetwork} -j KUBE-MARK-MASQ\n");
        text.Append("-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT\n-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ\n");
        if (hasClusterIPs) text.Append($"-A KUBE-SERVICES -m set --match-set {ClusterIPs} dst,dst -j ACCEPT\n");
        return text.Append("""
            -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
            -A KUBE-POSTROUTING -j MARK --xor-mark 0x4000
            -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
            -A KUBE-MARK-MASQ -j MARK --or-mark 0x4000
            COMMIT

            """).ToString();
    }

    /// <summary>For ipvsadm --restore.</summary>
    public static string Servers(IReadOnlyList<Service> services)
    {
        var text = new StringBuilder();
        foreach (var service in services)
        {
            foreach (string server in ServersOf(service))
            {
                text.Append($"-A {server} -s rr\n");
                foreach (var endpoint in service.Endpoints) text.Append($"-a {server} -r {endpoint} -m -w 1\n");
            }
        }

        return text.ToString();
    }

    /// <summary>
    /// For ipvsadm --restore, when the endpoints of one Service are others: one that has left keeps its connections, at weight 0, and comes back by its weight.
    /// </summary>
    public static string Change(Service before, Service after, IReadOnlySet<IPEndPoint> known)
    {
        var text = new StringBuilder();
        foreach (string server in ServersOf(after))
        {
            foreach (var endpoint in after.Endpoints.Except(before.Endpoints))
                text.Append($"{(known.Contains(endpoint) ? "-e" : "-a")} {server} -r {endpoint} -m -w 1\n");
            foreach (var endpoint in before.Endpoints.Except(after.Endpoints)) text.Append($"-e {server} -r {endpoint} -m -w 0\n");
        }

        return text.ToString();
    }

    /// <summary>For ipset restore, of one Service's change.</summary>
    public static string ChangedMembers(Service before, Service after) =>
        string.Concat(Hairpins(after).Except(Hairpins(before)).Select(one => $"add {LoopBack} {one} -exist\n"))
            + string.Concat(Hairpins(before).Except(Hairpins(after)).Select(one => $"del {LoopBack} {one} -exist\n"));

    private static IEnumerable<string> Hairpins(Service service) =>
        service.Endpoints.Select(endpoint => $"{endpoint.Address},{service.Protocol}:{endpoint.Port},{endpoint.Address}");

    private static IEnumerable<string> ServersOf(Service service)
    {
        string kind = service.Protocol == "udp" ? "-u" : "-t";
        if (service.ClusterIP is { } address) yield return $"{kind} {address}:{service.Port}";
        if (service.NodePort == 0) yield break;
        foreach (string node in NodeAddresses) yield return $"{kind} {node}:{service.NodePort}";
    }
}
