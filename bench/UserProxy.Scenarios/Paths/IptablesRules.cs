using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;

namespace UserProxy.Scenarios.Paths;

/// <summary>
/// The nat table as kube-proxy's iptables mode writes it (1.27 and later), as input of iptables-restore: KUBE-SERVICES and KUBE-NODEPORTS choose the Service,
/// KUBE-EXT-* marks for masquerading, KUBE-SVC-* picks by probabilities, KUBE-SEP-* translates.
/// </summary>
internal static class IptablesRules
{
    /// <summary>Names of chains are hashes in base 32, as kube-proxy has them.</summary>
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>For iptables-restore, onto a table without any of it.</summary>
    public static string Full(IReadOnlyList<Service> services) => Text(services, services, [], hooks: true);

    /// <summary>
    /// For iptables-restore --noflush, when one Service has changed: the chains that all Services share are written anew, of the others' own nothing is said
    /// (KEP-3453).
    /// </summary>
    public static string Change(IReadOnlyList<Service> services, Service before, Service after) =>
        Text(services, [after], [.. before.Endpoints.Except(after.Endpoints).Select(endpoint => EndpointChain(before, endpoint))], hooks: false);

    private static string Text(IReadOnlyList<Service> all, IReadOnlyList<Service> written, IReadOnlyList<string> gone, bool hooks)
    {
        var text = new StringBuilder(256 * (all.Count + (written.Count * 8)));
        text.Append("*nat\n");
        foreach (string chain in new[] { "SERVICES", "NODEPORTS", "POSTROUTING", "MARK-MASQ" }) text.Append($":KUBE-{chain} - [0:0]\n");
        foreach (var service in written)
        {
            text.Append($":{ServiceChain(service)} - [0:0]\n");
            if (service.NodePort > 0) text.Append($":{ExternalChain(service)} - [0:0]\n");
            foreach (var endpoint in service.Endpoints) text.Append($":{EndpointChain(service, endpoint)} - [0:0]\n");
        }

        foreach (string chain in gone) text.Append($":{chain} - [0:0]\n");
        if (hooks)
        {
            text.Append("""
                -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
                -A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
                -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING

                """);
        }

        text.Append("""
            -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
            -A KUBE-POSTROUTING -j MARK --xor-mark 0x4000
            -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
            -A KUBE-MARK-MASQ -j MARK --or-mark 0x4000

            """);
        foreach (var service in all)
        {
            if (service.ClusterIP is { } address)
                text.Append(
                    $"-A KUBE-SERVICES -m comment --comment \"{Comment(service)} cluster IP\" -m {service.Protocol} -p {service.Protocol} -d {address} "
                        + $"--dport {service.Port} -j {ServiceChain(service)}\n");
            if (service.NodePort > 0)
                text.Append(
                    $"-A KUBE-NODEPORTS -m comment --comment {Comment(service)} -m {service.Protocol} -p {service.Protocol} --dport {service.NodePort} -j "
                        + $"{ExternalChain(service)}\n");
        }

        foreach (var service in written) AppendChains(text, service);
        text.Append(
            "-A KUBE-SERVICES -m comment --comment \"kubernetes service nodeports; NOTE: this must be the last rule in this chain\" -m addrtype --dst-type "
                + "LOCAL -j KUBE-NODEPORTS\n");
        foreach (string chain in gone) text.Append($"-X {chain}\n");
        return text.Append("COMMIT\n").ToString();
    }

    private static void AppendChains(StringBuilder text, Service service)
    {
        string comment = Comment(service), chain = ServiceChain(service);
        if (service.NodePort > 0)
        {
            text.Append($"-A {ExternalChain(service)} -m comment --comment \"masquerade traffic for {comment} external destinations\" -j KUBE-MARK-MASQ\n");
            text.Append($"-A {ExternalChain(service)} -j {chain}\n");
        }

        if (service.ClusterIP is { } address)
            text.Append(
                $"-A {chain} -m comment --comment \"{comment} cluster IP\" -m {service.Protocol} -p {service.Protocol} -d {address} --dport {service.Port} "
                    + $"! -s {TestBed.PodNetwork} -j KUBE-MARK-MASQ\n");
        for (int i = 0; i < service.Endpoints.Count; i++)
        {
            int left = service.Endpoints.Count - i;
            string chance = left > 1 ? string.Create(CultureInfo.InvariantCulture, $" -m statistic --mode random --probability {1.0 / left:0.0000000000}") : "";
            text.Append($"-A {chain} -m comment --comment \"{comment} -> {service.Endpoints[i]}\"{chance} -j {EndpointChain(service, service.Endpoints[i])}\n");
        }

        foreach (var endpoint in service.Endpoints)
        {
            text.Append($"-A {EndpointChain(service, endpoint)} -m comment --comment {comment} -s {endpoint.Address} -j KUBE-MARK-MASQ\n");
            text.Append(
                $"-A {EndpointChain(service, endpoint)} -m comment --comment {comment} -m {service.Protocol} -p {service.Protocol} -j DNAT --to-destination "
                    + $"{endpoint}\n");
        }
    }

    private static string Comment(Service service) => $"bench/{service.Name}:p";

    private static string ServiceChain(Service service) => "KUBE-SVC-" + Hash(Comment(service) + service.Protocol);

    private static string ExternalChain(Service service) => "KUBE-EXT-" + Hash(Comment(service) + service.Protocol);

    private static string EndpointChain(Service service, IPEndPoint endpoint) => "KUBE-SEP-" + Hash(Comment(service) + service.Protocol + endpoint);

    private static string Hash(string text)
    {
        ReadOnlySpan<byte> hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));
        Span<char> name = stackalloc char[16];
        for (int i = 0; i < name.Length; i++) name[i] = Base32[hash[i] & 31];
        return new string(name);
    }
}
