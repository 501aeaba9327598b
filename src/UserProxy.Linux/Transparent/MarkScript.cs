using System.Globalization;
using System.Net;
using System.Text;
using UserProxy.Linux.PortInspection;

namespace UserProxy.Linux.Transparent;

/// <summary>
/// The text that nft(8) is given so that answers to clients' addresses are marked. Nothing from outside gets into it. Pure; used by
/// <see cref="MarkTables"/>.
/// </summary>
internal static class MarkScript
{
    public const string Name = "userproxy_clients", Inet = $"inet {Name}", Bridge = $"bridge {Name}";

    /// <summary>
    /// A packet for a socket with IP_TRANSPARENT is marked, before it is routed, for connections in TIME_WAIT too. A socket on the wildcard address is none of
    /// ours: some other proxy's (TPROXY), whose port everybody uses. One lookup of a socket for each packet that comes in.
    /// </summary>
    public static string CreateInet() => string.Create(CultureInfo.InvariantCulture, $$"""
        table {{Inet}}
        delete table {{Inet}}
        table {{Inet}} {
            chain prerouting {
                type filter hook prerouting priority -150; policy accept;
                socket transparent 1 goto answers
            }
            chain answers {
                socket wildcard 1 return
                meta mark set meta mark | {{TransparentMarks.Answer}}
            }
        }

        """);

    /// <summary>
    /// Two Pods of one bridge talk past the routing. What a socket of ours sends over a bridge for such a client is noted here, with the bridge's own address,
    /// and the answers to it are handed up, whether bridged packets pass iptables (br_netfilter) or not. A flow is forgotten after three minutes without a
    /// packet of ours: keepalive sends one within 75 s.
    /// </summary>
    /// <param name="name">Of the table.</param>
    public static string CreateBridge(string name = Name) => string.Create(CultureInfo.InvariantCulture, $$"""
        table bridge {{name}}
        delete table bridge {{name}}
        table bridge {{name}} {
            set flows4 {
                type ipv4_addr . ipv4_addr . inet_proto . inet_service . inet_service
                size 262144
                flags dynamic,timeout
                timeout 3m
            }
            set flows6 {
                type ipv6_addr . ipv6_addr . inet_proto . inet_service . inet_service
                size 262144
                flags dynamic,timeout
                timeout 3m
            }
            map gates4 {
                type ipv4_addr : ether_addr
                size 16384
                flags dynamic,timeout
                timeout 3m
            }
            map gates6 {
                type ipv6_addr : ether_addr
                size 16384
                flags dynamic,timeout
                timeout 3m
            }
            chain output {
                type filter hook output priority 0; policy accept;
                meta mark & {{TransparentMarks.Bridged}} != 0 goto note
            }
            chain note {
                update @gates4 { ip daddr : ether saddr }
                update @gates6 { ip6 daddr : ether saddr }
                update @flows4 { ip saddr . ip daddr . meta l4proto . th sport . th dport }
                update @flows6 { ip6 saddr . ip6 daddr . meta l4proto . th sport . th dport }
            }
            chain prerouting {
                type filter hook prerouting priority -300; policy accept;
                ip daddr . ip saddr . meta l4proto . th dport . th sport @flows4 ether daddr set ip saddr map @gates4 goto up
                ip6 daddr . ip6 saddr . meta l4proto . th dport . th sport @flows6 ether daddr set ip6 saddr map @gates6 goto up
            }
            chain up {
                meta pkttype set host
            }
        }

        """);

    /// <summary>What <see cref="CreateBridge"/> notes by itself of flows that begin, for some that go on. One that is there is no failure.</summary>
    public static string AddFlows(IReadOnlyCollection<BridgedFlow> flows)
    {
        var script = new StringBuilder();
        foreach (var family in flows.GroupBy(flow => flow.IsIPv6))
        {
            int number = family.Key ? 6 : 4;
            var gates = family.Select(flow => (flow.Endpoint, flow.Gate)).Distinct().Select(each => $"{AddressOf(each.Endpoint)} : {each.Gate}");
            script.Append(CultureInfo.InvariantCulture, $"add element {Bridge} gates{number} {{ {string.Join(", ", gates)} }}\n");
            var elements = family.Select(flow => string.Create(
                CultureInfo.InvariantCulture,
                $"{AddressOf(flow.Client)} . {AddressOf(flow.Endpoint)} . {flow.Protocol} . {flow.Ports.Local} . {flow.Ports.Remote}"));
            script.Append(CultureInfo.InvariantCulture, $"add element {Bridge} flows{number} {{ {string.Join(", ", elements)} }}\n");

            IPAddress AddressOf(UInt128 key) => DiagMessages.AddressOf(key, family.Key);
        }

        return script.ToString();
    }

    /// <summary>One table out of a list of several; null when it is not there.</summary>
    public static string? Cut(string listed, string table)
    {
        const string End = "\n}\n";
        string all = "\n" + listed;
        int start = all.IndexOf($"\ntable {table} {{\n", StringComparison.Ordinal);
        int end = start < 0 ? -1 : all.IndexOf(End, start, StringComparison.Ordinal);
        return end < 0 ? null : all[(start + 1)..(end + End.Length)];
    }

    /// <summary>Which of our tables are in what <c>nft list tables</c> printed.</summary>
    public static string[] Among(string listed) =>
        [.. ((string[])[Inet, Bridge]).Where(table => listed.Split('\n').Contains($"table {table}", StringComparer.Ordinal))];

    public static string Delete(IEnumerable<string> tables) => string.Concat(tables.Select(table => $"delete table {table}\n"));
}
