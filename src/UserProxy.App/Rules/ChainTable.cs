using System.Runtime.CompilerServices;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Rules;

/// <summary>
/// The chains of one table as one tool lists it, found by name and made ready to be judged once for all packets that <see cref="Firewall"/> follows. Pure.
/// </summary>
/// <param name="Source">The tool.</param>
/// <param name="Name">As <see cref="FilterChain.Table"/>.</param>
/// <param name="Hooks">Those that the kernel calls.</param>
/// <param name="Chains">All of them.</param>
internal sealed record ChainTable(string Source, string Name, IReadOnlyList<FilterChain> Hooks, IReadOnlyDictionary<string, FilterChain> Chains)
{
    /// <summary>Chains that are listed are never changed.</summary>
    private static readonly ConditionalWeakTable<IReadOnlyList<FilterChain>, IReadOnlyList<ChainTable>> Known = [];

    private readonly ConditionalWeakTable<FilterChain, IReadOnlyList<RuleText>> _rules = [];

    public bool IsOfNft => Source == "nft";

    public static IReadOnlyList<ChainTable> Of(IReadOnlyList<FilterChain> chains) => Known.GetValue(chains, Read);

    public IReadOnlyList<RuleText> RulesOf(FilterChain chain) => _rules.GetValue(chain, of => [.. of.Rules.Select(rule => RuleText.Of(rule, of.Sets))]);

    private static IReadOnlyList<ChainTable> Read(IReadOnlyList<FilterChain> chains)
    {
        var hooks = chains.Where(chain => chain.Hook is not null).ToList();
        return [
            .. chains.GroupBy(chain => (chain.Source, chain.Table)).Select(
                table => new ChainTable(
                    table.Key.Source,
                    table.Key.Table,
                    [.. table.Where(chain => chain.Hook is not null && !(chain.Source == "nft" && IsListedTwice(chain, hooks)))],
                    table.GroupBy(chain => chain.Name).ToDictionary(same => same.Key, same => same.Last()))),
        ];
    }

    public bool IsMetBy(Connection connection)
    {
        // Our own guard of virtual IPs.
        if (Name.Contains("userproxy", StringComparison.Ordinal)) return false;
        if (!IsOfNft) return Source.StartsWith("ip6", StringComparison.Ordinal) == connection.IsSix;
        return Name.StartsWith("inet ", StringComparison.Ordinal) || Name.StartsWith("netdev ", StringComparison.Ordinal)
            || Name.StartsWith(connection.IsSix ? "ip6 " : "ip ", StringComparison.Ordinal);
    }

    /// <summary>Of nft, and iptables' own: that tool lists the same rules in its words.</summary>
    private static bool IsListedTwice(FilterChain chain, List<FilterChain> hooks) =>
        hooks.Exists(other => other.Name == chain.Name && other.Rules.Count == chain.Rules.Count
            && other.Source == (chain.Table == $"ip {other.Table}" ? "iptables-save" : chain.Table == $"ip6 {other.Table}" ? "ip6tables-save" : null));
}
