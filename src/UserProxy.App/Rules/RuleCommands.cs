using System.Text.RegularExpressions;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Rules;

/// <summary>What to type to see rules and to let a connection by, with the tool that lists the chain. Pure.</summary>
internal static partial class RuleCommands
{
    public const string ShowAll = "sudo nft list ruleset; sudo iptables-save";

    /// <summary>The command that shows the rule among its neighbours, with what it is deleted by; null where its chain is not known.</summary>
    public static string? Show(RuleHint rule) => Show(rule.Source, NamedRule.TableOf(rule), NamedRule.ChainOf(rule));

    /// <summary>The same of a chain.</summary>
    public static string? Show(FilterChain chain) => Show(chain.Source, chain.Table, chain.Name);

    /// <summary>The same of what drops, by the tool that manages it.</summary>
    public static string? Show(Dropping dropping) => ManagerOf(dropping) switch
    {
        "ufw" => "sudo ufw status numbered",
        "firewalld" => "sudo firewall-cmd --list-all-zones",
        _ => Show(dropping.Chain),
    };

    /// <summary>
    /// Puts a rule at the head of the chain that drops it: for the port where connections are not let in, or not followed, else for all that belongs to one
    /// that was let in. Null where the names are none that a shell may read.
    /// </summary>
    public static string? LetBy(Dropping dropping, Connection connection)
    {
        var chain = dropping.Chain;
        if (!AreNames(chain.Table, chain.Name)) return null;
        string protocol = connection.Protocol == TransportProtocol.Tcp ? "tcp" : "udp";
        bool isFirst = dropping.Kind == PacketKind.First, isOut = connection.Way == Way.Outgoing;
        // Those who own the rules take changes by their own tool alone, or forget others when they load their rules again.
        switch (ManagerOf(dropping))
        {
            case "ufw" when isFirst:
                return isOut ? $"sudo ufw allow out to {connection.Servers[0]} port {connection.Port} proto {protocol}"
                    : $"sudo ufw allow {connection.Port}/{protocol}";
            case "firewalld" when isFirst && !isOut:
                string let = $"{(Zone().Match(chain.Name) is { Success: true } zone ? $"--zone={zone.Groups["zone"].Value} " : "")}"
                    + $"--add-port={connection.Port}/{protocol}";
                return $"sudo firewall-cmd {let} && sudo firewall-cmd --permanent {let}";
            case not null:
                return null;
        }

        bool isByPort = isFirst || dropping.IsBeforeConntrack, isBack = Packet.IsBack(dropping.Kind);
        if (chain.Source == "nft")
        {
            string address = isOut ? $"{(connection.IsSix ? "ip6" : "ip")} {(isBack ? "saddr" : "daddr")} {connection.Servers[0]} " : "";
            string meets = isByPort ? $"{address}{protocol} {(isBack ? "sport" : "dport")} {connection.Port}" : "ct state established,related";
            return $"sudo nft insert rule {chain.Table} {chain.Name} {meets} accept";
        }

        string table = chain.Table == "filter" ? "" : $" -t {chain.Table}", to = isOut ? $"{(isBack ? "-s" : "-d")} {connection.Servers[0]} " : "";
        string matches = isByPort ? $"{to}-p {protocol} {(isBack ? "--sport" : "--dport")} {connection.Port}"
            : "-m conntrack --ctstate ESTABLISHED,RELATED";
        return chain.Source.EndsWith("-save", StringComparison.Ordinal)
            ? $"sudo {chain.Source[..^"-save".Length]}{table} -I {chain.Name} {matches} -j ACCEPT"
            : null;
    }

    private static string? Show(string source, string table, string chain)
    {
        if (!AreNames(table, chain)) return null;
        if (source == "nft") return $"sudo nft -a list chain {table} {chain}";
        return source.EndsWith("-save", StringComparison.Ordinal) ? $"sudo {source[..^"-save".Length]} -t {table} -L {chain} -n --line-numbers" : null;
    }

    /// <summary>
    /// The program that writes the chain; null where that is nobody who is known. A hook's own chain is its as far as the policy goes: it may have rules of
    /// others.
    /// </summary>
    private static string? ManagerOf(Dropping dropping)
    {
        var chain = dropping.Chain;
        if (chain.Table.EndsWith(" firewalld", StringComparison.Ordinal)) return "firewalld";
        var written = Managed().Match(chain.Name) is { Success: true } own ? own
            : dropping.Rule is null ? chain.Rules.Select(rule => LeadsToManaged().Match(rule)).FirstOrDefault(match => match.Success)
            : null;
        return written is null ? null : written.Groups["ufw"].Success ? "ufw" : "firewalld";
    }

    /// <summary>Names are text from outside: a shell must not read more than a name in them.</summary>
    private static bool AreNames(string table, string chain) => Names().IsMatch(table) && Names().IsMatch(chain);

    /// <summary><c>filter_IN_public</c>; of firewalld by iptables <c>IN_public_deny</c></summary>
    [GeneratedRegex("^(?:filter_)?IN_(?<zone>[^_]+)")]
    private static partial Regex Zone();

    private const string ManagedName = "(?:(?<ufw>ufw6?-)|IN_|INPUT_(?:ZONES|direct)|OUTPUT_direct)";

    [GeneratedRegex("^" + ManagedName)]
    private static partial Regex Managed();

    /// <summary><c>-A INPUT -j ufw-before-input</c></summary>
    [GeneratedRegex("(?:-j|jump) " + ManagedName)]
    private static partial Regex LeadsToManaged();

    [GeneratedRegex(@"^[\w./ -]+$")]
    private static partial Regex Names();
}
