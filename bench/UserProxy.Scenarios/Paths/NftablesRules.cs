using System.Net;
using System.Text;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;

namespace UserProxy.Scenarios.Paths;

/// <summary>
/// The table as kube-proxy's nftables mode writes it, as input of nft -f: maps from address and port to a verdict, one chain a Service and endpoint.
/// </summary>
internal static class NftablesRules
{
    private const string Table = "ip kube-proxy";

    public static string Full(IReadOnlyList<Service> services)
    {
        var text = new StringBuilder($$"""
            table {{Table}} {
              set nodeport-ips {
                type ipv4_addr
                elements = { {{TestBed.NodeIP}} }
              }
              map service-ips {
                type ipv4_addr . inet_proto . inet_service : verdict
              }
              map service-nodeports {
                type inet_proto . inet_service : verdict
              }
              chain mark-for-masquerade {
                mark set mark or 0x4000
              }
              chain services {
                ip daddr . meta l4proto . th dport vmap @service-ips
                ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
              }
              chain nat-prerouting {
                type nat hook prerouting priority dstnat; policy accept;
                jump services
              }
              chain nat-output {
                type nat hook output priority -100; policy accept;
                jump services
              }
              chain masquerading {
                mark and 0x4000 == 0 return
                mark set mark xor 0x4000
                masquerade fully-random
              }
              chain nat-postrouting {
                type nat hook postrouting priority srcnat; policy accept;
                jump masquerading
              }
            }

            """);
        foreach (var service in services)
        {
            text.Append($"add chain {Table} {Chain(service)}\n");
            AppendEndpoints(text, service, service.Endpoints);
            AppendPick(text, service);
            if (service.NodePort > 0)
                text.Append(
                    $"add chain {Table} external-{service.Name}\nadd rule {Table} external-{service.Name} jump mark-for-masquerade\nadd rule {Table} "
                        + $"external-{service.Name} goto {Chain(service)}\n");
        }

        AppendElements(
            text, "service-ips",
            services.Where(service => service.ClusterIP is not null).Select(
                service => $"{service.ClusterIP} . {service.Protocol} . {service.Port} : goto {Chain(service)}"));
        AppendElements(
            text, "service-nodeports",
            services.Where(service => service.NodePort > 0).Select(service => $"{service.Protocol} . {service.NodePort} : goto external-{service.Name}"));
        return text.ToString();
    }

    /// <summary>One transaction: new endpoints' chains, the Service's chain anew, then the chains that nothing points at any more.</summary>
    public static string Change(Service before, Service after)
    {
        var text = new StringBuilder();
        AppendEndpoints(text, after, after.Endpoints.Except(before.Endpoints));
        text.Append($"flush chain {Table} {Chain(after)}\n");
        AppendPick(text, after);
        foreach (var endpoint in before.Endpoints.Except(after.Endpoints))
            text.Append($"flush chain {Table} {Chain(before, endpoint)}\ndelete chain {Table} {Chain(before, endpoint)}\n");
        return text.ToString();
    }

    private static void AppendEndpoints(StringBuilder text, Service service, IEnumerable<IPEndPoint> endpoints)
    {
        foreach (var endpoint in endpoints)
        {
            string chain = Chain(service, endpoint);
            text.Append(
                $"add chain {Table} {chain}\nadd rule {Table} {chain} ip saddr {endpoint.Address} jump mark-for-masquerade\nadd rule {Table} {chain} meta "
                    + $"l4proto {service.Protocol} dnat to {endpoint}\n");
        }
    }

    private static void AppendPick(StringBuilder text, Service service)
    {
        if (service.ClusterIP is { } address)
            text.Append(
                $"add rule {Table} {Chain(service)} ip daddr {address} {service.Protocol} dport {service.Port} ip saddr != {TestBed.PodNetwork} jump "
                    + $"mark-for-masquerade\n");
        var picks = service.Endpoints.Select((endpoint, i) => $"{i} : goto {Chain(service, endpoint)}");
        text.Append($"add rule {Table} {Chain(service)} numgen random mod {service.Endpoints.Count} vmap {{ {string.Join(", ", picks)} }}\n");
    }

    private static void AppendElements(StringBuilder text, string map, IEnumerable<string> elements)
    {
        foreach (string[] some in elements.Chunk(500)) text.Append($"add element {Table} {map} {{ {string.Join(", ", some)} }}\n");
    }

    private static string Chain(Service service) => $"service-{service.Name}";

    private static string Chain(Service service, IPEndPoint endpoint) => $"endpoint-{service.Name}-{endpoint.Address}/{endpoint.Port}";
}
