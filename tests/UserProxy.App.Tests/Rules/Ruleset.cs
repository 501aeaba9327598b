using System.Net;
using UserProxy.App.Rules;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Tests.Rules;

/// <summary>Whole rulesets as the tools print them, and who comes through: the node is 192.0.2.1, its port 30080, its way out eth0.</summary>
internal static class Ruleset
{
    private static readonly IPAddress Node = IPAddress.Parse("192.0.2.1"), Pod = IPAddress.Parse("10.244.1.5");

    public static Connection Outside { get; } = new(TransportProtocol.Tcp, [Node], 30080, [], Way.Incoming, "eth0");

    public static Connection Asked { get; } = Outside with { Clients = [IPAddress.Parse("10.7.7.2")] };

    public static Connection Here { get; } = new(TransportProtocol.Tcp, [Node], 30080, [Node], Way.Local);

    public static Connection Loopback { get; } = new(TransportProtocol.Tcp, [IPAddress.Loopback], 30080, [IPAddress.Loopback], Way.Local);

    /// <summary>The proxy's own to an endpoint of another node.</summary>
    public static Connection Dial { get; } = new(TransportProtocol.Tcp, [Pod], 8080, [Node], Way.Outgoing, "eth0");

    public static IReadOnlyList<FilterChain> Read(string source, string listing)
    {
        var chains = new FilterChains(source);
        foreach (string line in listing.Split('\n')) chains.Read(line);
        return [.. chains.Chains];
    }

    public static Dropping? Follow(string source, string listing, Connection connection) => Firewall.Of(ChainTable.Of(Read(source, listing)), connection);

    /// <summary>The chains that hold rules which name a port; <c>in</c> is a base chain.</summary>
    public static IReadOnlyList<FilterChain> ChainsOf(IReadOnlyList<RuleHint> rules) =>
    [
        .. from rule in rules
           where rule.Source != "ipvs"
           group rule.Whole by (rule.Source, Table: NamedRule.TableOf(rule), Chain: NamedRule.ChainOf(rule)) into chain
           let name = chain.Key.Chain.ToLowerInvariant()
           select new FilterChain(chain.Key.Source, chain.Key.Table, chain.Key.Chain)
           {
               Hook = name is "in" or "input" ? "input" : name is "prerouting" or "output" ? name : null,
               IsOfNat = chain.Key.Table == "nat",
               Rules = [.. chain],
           },
    ];

    /// <summary><c>Through</c>, <c>Perhaps</c> or the packet that is dropped for certain.</summary>
    public static string Fate(string source, string listing, Connection connection) => Follow(source, listing, connection) switch
    {
        null => "Through",
        { IsCertain: true } dropping => dropping.Kind.ToString(),
        _ => "Perhaps",
    };

    /// <summary>A base chain of nft for each hook, and one of iptables.</summary>
    public static string Nft(string hook, string rules, string policy = "accept") =>
        $"table inet f {{\nchain c {{\ntype filter hook {hook} priority filter; policy {policy};\n"
            + rules.Replace("; ", "\n", StringComparison.Ordinal) + "\n}\n}";

    public static string Iptables(string chain, string rules, string policy = "ACCEPT") =>
        $"*filter\n:{chain} {policy} [0:0]\n" + string.Join('\n', rules.Split('|').Select(rule => $"-A {chain} {rule}")) + "\nCOMMIT";
}
