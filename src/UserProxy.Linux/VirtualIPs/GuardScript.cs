using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using UserProxy.Linux.Host;

namespace UserProxy.Linux.VirtualIPs;

/// <summary>
/// The text that nft(8) is given for the guard. Only typed addresses and numbers get into it, never text from outside. Pure; used by
/// <see cref="Guard"/> and <see cref="VirtualIPCleanup"/>.
/// </summary>
internal static class GuardScript
{
    /// <summary>Our tables, as nft names them.</summary>
    public static readonly IReadOnlyList<string> Tables = ["inet userproxy", "arp userproxy"];

    /// <summary>
    /// Both tables anew, whatever was there before, in one transaction.
    /// <para>input: what would be delivered to a socket bound to the wildcard address ("socket wildcard 1") is meant for a host daemon and is
    /// refused; our own listeners are bound to the virtual IP. Protocols without such a lookup (SCTP and others) are refused as a whole; ICMP is
    /// left to the kernel. One exception: to a process of this node that sends UDP from an unbound socket (dig) the answer comes from the virtual
    /// IP, goes to the virtual IP (a local destination is its own source in IPv4) and to that wildcard socket; it is told by its ephemeral port.
    /// IPv6 takes an assigned address for source instead.</para>
    /// <para>arp: nobody on the link is told that the virtual IP is here. Nor do questions of our own say so: a request on behalf of a packet
    /// from a virtual IP would carry it as sender (arp_announce 0) and write it into the neighbours' caches. A sender of 0.0.0.0 makes it a
    /// probe, which everyone answers and nobody stores (RFC 5227, 2.1.1). IPv6 needs neither: the kernel speaks only for assigned addresses.</para>
    /// </summary>
    public static string Create(IEnumerable<IPAddress> addresses, PortRange ephemeral)
    {
        var (four, six) = Split(addresses);
        // "table" before "delete": a deletion of what is not there would fail. TCP, UDP, ICMP and ICMPv6 by number: nft looks names up in /etc/protocols, which
        // small images do not have.
        return $$"""
            table inet userproxy
            delete table inet userproxy
            table arp userproxy
            delete table arp userproxy
            table inet userproxy {
                set v4 {
                    type ipv4_addr
                    {{Elements(four)}}
                }
                set v6 {
                    type ipv6_addr
                    {{Elements(six)}}
                }
                chain input {
                    type filter hook input priority -10; policy accept;
                    ip daddr @v4 goto guard
                    ip6 daddr @v6 goto guard
                }
                chain guard {
                    iif "lo" ip saddr @v4 udp dport {{ephemeral}} accept
                    meta l4proto 6 socket wildcard 1 counter reject with tcp reset
                    meta l4proto 17 socket wildcard 1 counter reject with icmpx port-unreachable
                    meta l4proto != { 6, 17, 1, 58 } counter reject with icmpx port-unreachable
                }
            }
            table arp userproxy {
                set v4 {
                    type ipv4_addr
                    {{Elements(four)}}
                }
                chain input {
                    type filter hook input priority 0; policy accept;
                    arp daddr ip @v4 counter drop
                }
                chain output {
                    type filter hook output priority 0; policy accept;
                    arp saddr ip @v4 counter arp saddr ip set 0.0.0.0
                }
            }

            """;
    }

    /// <summary>From what is there to what is wanted, in one transaction; empty when nothing is to be done.</summary>
    public static string Change(IReadOnlyCollection<IPAddress> added, IReadOnlyCollection<IPAddress> removed)
    {
        var script = new StringBuilder();
        Append(script, "add", added);
        Append(script, "delete", removed);
        return script.ToString();
    }

    /// <summary>How many elements the sets of both tables have together: IPv4 addresses are in both.</summary>
    public static int CountElements(IReadOnlyCollection<IPAddress> addresses) =>
        addresses.Count + addresses.Count(address => address.AddressFamily == AddressFamily.InterNetwork);

    /// <summary>Which of our tables are in what <c>nft list tables</c> printed.</summary>
    public static string[] Among(string listed) =>
        [.. Tables.Where(table => listed.Split('\n').Contains($"table {table}", StringComparer.Ordinal))];

    /// <summary>Removes those of our tables that are there; <paramref name="tables"/> is a subset of <see cref="Tables"/>.</summary>
    public static string Delete(IEnumerable<string> tables) => string.Concat(tables.Select(table => $"delete table {table}\n"));

    /// <summary>Removes them whether they are there or not, in one run.</summary>
    public static string DeleteAll() => string.Concat(Tables.Select(table => $"table {table}\ndelete table {table}\n"));

    private static void Append(StringBuilder script, string verb, IReadOnlyCollection<IPAddress> addresses)
    {
        var (four, six) = Split(addresses);
        if (four.Count > 0)
        {
            string list = string.Join(',', four);
            script.Append(CultureInfo.InvariantCulture, $"{verb} element inet userproxy v4 {{ {list} }}\n");
            script.Append(CultureInfo.InvariantCulture, $"{verb} element arp userproxy v4 {{ {list} }}\n");
        }

        if (six.Count > 0) script.Append(CultureInfo.InvariantCulture, $"{verb} element inet userproxy v6 {{ {string.Join(',', six)} }}\n");
    }

    private static string Elements(List<IPAddress> addresses) => addresses.Count == 0 ? "" : $"elements = {{ {string.Join(',', addresses)} }}";

    private static (List<IPAddress> Four, List<IPAddress> Six) Split(IEnumerable<IPAddress> addresses)
    {
        var families = addresses.ToLookup(address => address.AddressFamily == AddressFamily.InterNetworkV6);
        return ([.. families[false]], [.. families[true]]);
    }
}
