using System.Net;
using UserProxy.App.Rules;
using UserProxy.Kubernetes;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Inspect;

/// <summary>
/// The rules that name a port, each once, and what their text says that they do to its sockets: for UDP, where no test connection shows it, and for counting.
/// Pure.
/// </summary>
internal static class PortRules
{
    private const int LongestRule = 240;

    /// <summary>A rule that two tools list is one, and in the same words of two families too.</summary>
    public static IReadOnlyList<RuleHint> Distinct(IReadOnlyList<RuleHint> rules) => [.. Judged(rules).DistinctBy(rule => (rule.Place, rule.Whole))];

    /// <summary>The rules of nft that iptables-save lists too are iptables' own: that tool has the words for all of their conditions.</summary>
    public static IReadOnlyList<RuleHint> Judged(IReadOnlyList<RuleHint> rules) => [.. rules.Where(rule => !rules.Any(other => IsTheSame(rule, other)))];

    /// <summary><c>2 rules of the kernel name the port</c></summary>
    public static string Count(PortFacts facts)
    {
        int count = Distinct(facts.Rules).Count;
        return $"{Words.Count(count, "rule")} of the kernel {(count == 1 ? "names" : "name")} the port";
    }

    /// <summary>What they do to what comes to these sockets.</summary>
    /// <param name="facts">Of the port.</param>
    /// <param name="sockets">Its sockets; without any, those that could be there.</param>
    public static Effects Of(PortFacts facts, IReadOnlyList<SocketRow> sockets)
    {
        List<List<IPAddress>> families = [.. AddressesOf(facts, sockets).GroupBy(address => address.AddressFamily).Select(same => same.ToList())];
        var effects = new List<(RuleHint Rule, RuleEffect Effect)>();
        var judged = Judged(facts.Rules);
        var tables = ChainTable.Of(judged.Count > 0 ? facts.Chains : []);
        int dropped = 0;
        foreach (var addresses in families)
        {
            var ended = new HashSet<string>();
            var dropping = Firewall.Of(tables, FirstOf(facts, addresses));
            bool isDropped = false;
            foreach (var rule in judged)
            {
                var (protocol, port) = (facts.Question.Protocol, facts.Question.Port);
                if (NamedRule.EndsChain(rule, protocol, port, addresses)) ended.Add(NamedRule.PlaceOf(rule));
                var effect = ended.Contains(NamedRule.PlaceOf(rule)) ? RuleEffect.None : NamedRule.EffectOf(rule, protocol, port, addresses);
                // Elsewhere it is in a chain that no client comes to, or behind a rule that lets it in.
                if (effect == RuleEffect.Some && dropping is { IsCertain: true } && dropping.Rule == rule.Whole)
                    effect = dropping.IsNat ? RuleEffect.TakesAway : RuleEffect.Drops;
                effects.Add((rule, effect));
                isDropped |= effect == RuleEffect.Drops;
            }

            dropped += isDropped ? 1 : 0;
        }

        var rules = Distinct(facts.Rules).Select(
            rule => (rule, effects.Where(one => one.Rule == rule).Select(one => one.Effect).DefaultIfEmpty(RuleEffect.None).Max())).ToList();
        return new Effects(rules, families.Count > 0 && dropped == families.Count);
    }

    /// <summary>What drops or rejects the test connections that have failed, for certain; null where no rule of this node is known to.</summary>
    public static (Dropping Dropping, Connection Connection)? ClosingOf(PortFacts facts)
    {
        var tables = ChainTable.Of(facts.Chains);
        foreach (var probe in facts.Probes.Where(probe => probe.TargetIsLocal && probe.Outcome != ProbeOutcome.Connected))
        {
            var connection = new Connection(facts.Question.Protocol, [probe.Target.Address], probe.Target.Port, [probe.Target.Address], Way.Local);
            if (Firewall.Of(tables, connection) is { IsCertain: true, IsNat: false, Kind: PacketKind.First or PacketKind.Answer } dropping)
                return (dropping, connection);
        }

        return null;
    }

    /// <summary>Of a client from outside, where one can come.</summary>
    private static Connection FirstOf(PortFacts facts, List<IPAddress> addresses)
    {
        var outside = addresses.FindAll(address => !IPAddress.IsLoopback(address));
        return outside.Count > 0
            ? new Connection(facts.Question.Protocol, outside, facts.Question.Port, [], Way.Incoming)
            : new Connection(facts.Question.Protocol, addresses, facts.Question.Port, addresses, Way.Local);
    }

    private static bool IsTheSame(RuleHint rule, RuleHint other) =>
        rule.Source == "nft" && other.Source is "iptables-save" or "ip6tables-save"
            && rule.Place.StartsWith($"{(other.Source == "iptables-save" ? "ip" : "ip6")} {other.Place} chain ", StringComparison.Ordinal)
            && other.Whole.StartsWith($"-A {rule.Place[(rule.Place.LastIndexOf(' ') + 1)..]} ", StringComparison.Ordinal);

    private static IEnumerable<IPAddress> AddressesOf(PortFacts facts, IReadOnlyList<SocketRow> sockets)
    {
        if (facts.Question.Address is { } asked) return [asked];
        return facts.Question.OwnAddresses.Append(IPAddress.Loopback).Append(IPAddress.IPv6Loopback).Concat(sockets.Select(row => row.Local.Address))
            .Where(address => !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any))
            .Where(address => sockets.Count == 0 || sockets.Any(row => row.Takes(address))).Distinct();
    }

    /// <param name="Rules">Each, with the most that it does.</param>
    /// <param name="DropsAll">No address is left at which a datagram would come through.</param>
    internal sealed record Effects(IReadOnlyList<(RuleHint Rule, RuleEffect Effect)> Rules, bool DropsAll)
    {
        /// <summary>The first that drops for all clients, at some address at least.</summary>
        public RuleHint? Drop => Rules.Where(one => one.Effect == RuleEffect.Drops).Select(one => one.Rule).FirstOrDefault();

        /// <summary>A sentence for each kind, with the first rule of it.</summary>
        public IEnumerable<string> Sentences => Rules.Select(one => one.Effect).Distinct().OrderDescending().Select(Sentence);

        /// <summary>Of one kind, of which there is a rule.</summary>
        public string Sentence(RuleEffect effect)
        {
            var same = Rules.Where(one => one.Effect == effect).Select(one => one.Rule).ToList();
            string shown = PrintableText.Of($"{same[0].Source} ({same[0].Place}): {same[0].Text}", LongestRule);
            return $"{Words.Count(same.Count, "rule")} of the kernel {Does(effect, same.Count == 1)}: {shown}"
                + (same.Count > 1 ? $" and {same.Count - 1} more." : ".");
        }

        private static string Does(RuleEffect effect, bool isOne) => effect switch
        {
            RuleEffect.TakesAway => $"{(isOne ? "sends" : "send")} elsewhere by NAT what comes to the port, before the socket sees it",
            RuleEffect.Drops => $"{(isOne ? "drops or rejects" : "drop or reject")} what comes to the port",
            RuleEffect.Some => $"{(isOne ? "names" : "name")} the port, and may shut out some clients",
            _ => $"{(isOne ? "names" : "name")} the port, and {(isOne ? "takes" : "take")} nothing away, as far as the text tells",
        };
    }
}
