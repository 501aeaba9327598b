using System.Globalization;
using System.Text.RegularExpressions;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Rules;

/// <summary>One rule of a chain, held against one packet: conditions are struck out one by one, and what is left over is a doubt. Pure.</summary>
/// <param name="Meets">Whether it meets the packet.</param>
/// <param name="Because">Why that is not known.</param>
/// <param name="Verdict">
/// <c>accept</c>, <c>drop</c>, <c>return</c>, <c>jump</c>, <c>goto</c>, <c>dnat</c> (sends it elsewhere), <c>snat</c> (from elsewhere), <c>unknown</c> (a map
/// or a program decides); empty: it goes on.
/// </param>
/// <param name="Target">The chain that is jumped to.</param>
internal sealed partial record RuleFit(Fit Meets, Doubt Because, string Verdict, string Target)
{
    private static readonly Dictionary<string, NamedSet> NoSets = [];

    /// <summary>Of marks, by all packets that its words before meet.</summary>
    public IReadOnlyList<(Fit Meets, MarkChange Change)> Changes { get; init; } = [];

    /// <summary>Conntrack is told not to follow it.</summary>
    public bool StopsTracking { get; init; }

    /// <summary>A map of verdicts is a rule for each of its elements that the packet may be of.</summary>
    public static IEnumerable<RuleFit> Of(RuleText rule, bool isOfNft, Packet packet)
    {
        var (_, text, sets) = rule;
        if (!isOfNft) return [Iptables(text, packet)];
        if (VerdictMap().Match(text) is not { Success: true } map) return [Nft(text, packet, sets)];
        string before = map.Groups["before"].Value, elements = map.Groups["map"].Value;
        if (!elements.StartsWith('@')) return Each(elements.Trim('{', '}').Split(','));
        return sets.TryGetValue(elements[1..], out var set) && set.IsWhole ? Each(set.Elements)
            : [Nft($"{before} {elements}", packet, sets) with { Verdict = "unknown" }];

        IEnumerable<RuleFit> Each(IEnumerable<string> all)
        {
            var looked = new Conditions(packet, sets).OfElements(MapKey().Match(before).Value);
            // Of those for some clients that do the same one is as good as all.
            return all.Select(element => element.Split(" : ", 2, StringSplitOptions.TrimEntries)).Where(parts => parts.Length == 2)
                .Select(parts => (Key: parts[0], Verdict: parts[1], Looked: looked(parts[0]))).Where(one => one.Looked.Fit != Fit.No)
                .DistinctBy(one => one.Looked == (Fit.Perhaps, Doubt.Client) ? one.Verdict : one.Key)
                .Select(one => Nft($"{before} {one.Key} {one.Verdict}", packet, sets));
        }
    }

    private static RuleFit Nft(string rule, Packet packet, IReadOnlyDictionary<string, NamedSet> sets)
    {
        string text = RejectWith().Replace(rule, "reject"), verdict = "", target = "";
        var conditions = new Conditions(packet, sets);
        // Before anything is struck out: a chain may be called log.
        if (NftVerdict().Match(text) is { Success: true } end)
        {
            (verdict, target) = (end.Groups["verdict"].Value, end.Groups["target"].Value);
            text = text[..end.Index];
            if (MayStay(verdict, end.Value, packet)) conditions.Take(Fit.Perhaps, Doubt.Other);
        }

        text = Silent().Replace(text, " ");
        var changes = new List<(Fit Meets, MarkChange Change)>();
        text = NftMeter().Replace(text, _ => Struck(() => conditions.Take(Fit.Perhaps, Doubt.Other)));
        bool stops = Notrack().IsMatch(text);
        text = Notrack().Replace(text, " ");
        while (NftChange().Match(text) is { Success: true } change)
        {
            // What stands before it has been met then.
            string before = text[..change.Index];
            changes.Add((Nft(before, packet, sets).Meets, MarkChange.OfNft(change.Groups["whose"].Value, change.Groups["expression"].Value)));
            text = $"{before} {text[(change.Index + change.Length)..]}";
        }

        text = NftFlags().Replace(text, match =>
            Struck(() => conditions.TakeFlags(match.Groups["not"].Value, match.Groups["value"].Value, Optional(match.Groups["mask"]))));
        text = NftMark().Replace(text, match => Struck(() => conditions.TakeMark(
            match.Groups["ct"].Success, match.Groups["not"].Value, match.Groups["value"].Value, Optional(match.Groups["mask"]))));
        text = NftWayBack().Replace(text, match => Struck(() => conditions.TakeWayBack(match.Groups["missing"].Success)));
        text = NftFragment().Replace(text, match => Struck(() => conditions.Take(Fit.No, Doubt.None)));
        text = NftCondition().Replace(text, match => Struck(() => conditions.Take(
            match.Groups["key"].Value.Replace("meta ", "", StringComparison.Ordinal), match.Groups["not"].Value.Trim(), match.Groups["value"].Value)));
        if (OfProtocol().Matches(text).Any(match => conditions.IsOfAnother(match.Groups["key"].Value))) conditions.Take(Fit.No, Doubt.None);
        conditions.TakeRest(text);
        // Of iptables, by an nft that has no words for what it writes.
        if (MarkChange.OfIptables(verdict, "") is { } unknown) changes.Add((conditions.Fit, unknown));
        return new(conditions.Fit, conditions.Doubt, VerdictOf(verdict, packet), target) { Changes = changes, StopsTracking = stops };
    }

    private static RuleFit Iptables(string rule, Packet packet)
    {
        var conditions = new Conditions(packet, NoSets);
        string verdict = "", target = "", word = "", options = "", text = Chain().Replace(rule, " ");
        if (IptablesVerdict().Match(text) is { Success: true } end)
        {
            (word, options) = (end.Groups["target"].Value, end.Groups["options"].Value);
            bool isGoto = end.Groups["how"].Value == "g";
            string known = isGoto ? "" : VerdictOf(word, packet);
            (verdict, target) = known.Length > 0 ? (known, "") : (isGoto ? "goto" : "jump", word);
            text = text[..end.Index];
            if (MayStay(word, options, packet)) conditions.Take(Fit.Perhaps, Doubt.Other);
        }

        text = IptablesMark().Replace(text, match => Struck(() => conditions.TakeMark(
            match.Groups["ct"].Success, match.Groups["not"].Value.Trim(), match.Groups["value"].Value, null)));
        text = IptablesWayBack().Replace(text, match => Struck(() => conditions.TakeWayBack(match.Groups["missing"].Success)));
        text = IptablesFlags().Replace(text, match => Struck(() => conditions.TakeFlags(
            match.Groups["not"].Value.Trim(), match.Groups["value"].Value, match.Groups["mask"].Value)));
        text = KnownModule().Replace(text, " ");
        text = IptablesCondition().Replace(text, match => Struck(() => conditions.Take(
            match.Groups["key"].Value is "-f" ? "frag" : match.Groups["key"].Value, match.Groups["not"].Value.Trim(), match.Groups["value"].Value)));
        conditions.TakeRest(text);
        var change = MarkChange.OfIptables(word, options);
        bool stops = word == "NOTRACK" || options.Contains("--notrack", StringComparison.Ordinal);
        return new(conditions.Fit, conditions.Doubt, verdict, target)
        {
            Changes = change is null ? [] : [(conditions.Fit, change)],
            StopsTracking = stops,
        };
    }

    private static string Struck(Action take)
    {
        take();
        return " ";
    }

    private static string? Optional(Group group) => group.Success ? group.Value : null;

    /// <summary>Of either tool; empty is a chain, or what goes on.</summary>
    private static string VerdictOf(string word, Packet packet) => word switch
    {
        "ACCEPT" or "accept" => "accept",
        "DROP" or "REJECT" or "drop" or "reject" or "STEAL" or "TARPIT" => "drop",
        "RETURN" or "return" => "return",
        "NFQUEUE" or "QUEUE" or "TPROXY" or "SYNPROXY" or "queue" or "tproxy" or "synproxy" => "unknown",
        "DNAT" or "REDIRECT" or "dnat" or "redirect" => "dnat",
        "NETMAP" => packet.Hook is "prerouting" or "output" ? "dnat" : "snat",
        "SNAT" or "MASQUERADE" or "snat" or "masquerade" => "snat",
        "jump" or "goto" => word,
        _ => "",
    };

    /// <summary>It goes to the same port of an address of this node, where a listener at all of them has it still.</summary>
    private static bool MayStay(string verdict, string target, Packet packet) => verdict is "redirect" or "REDIRECT"
        && (RedirectedTo().Match(target) is not { Success: true } port
            || port.Groups["port"].ValueSpan.SequenceEqual(packet.Connection.Port.ToString(CultureInfo.InvariantCulture)));

    /// <summary><c>tcp dport vmap { 22 : accept, 80 : drop }</c>, <c>tcp dport vmap @ports</c></summary>
    [GeneratedRegex(@"^(?<before>.*\S) vmap (?<map>\{[^}]*\}|@\S+)")]
    private static partial Regex VerdictMap();

    /// <summary>What is looked up in a map stands before it.</summary>
    [GeneratedRegex(@"(?:^|(?<= ))" + NftAnyField + @"(?: \. " + NftAnyField + ")*$")]
    private static partial Regex MapKey();

    [GeneratedRegex(@"\breject with .*$")]
    private static partial Regex RejectWith();

    /// <summary>What counts or writes, and lets every packet by.</summary>
    [GeneratedRegex(
        @"(?:^|(?<= ))(?:counter( packets \d+ bytes \d+| name \S+)?|log( (level|group|flags|snaplen|queue-threshold) \S+)*|meta nftrace set 1"
            + @"|(meta|ct) (priority|label|zone|helper|secmark|pkttype) set \S+|(add|update|delete) @\S+ \{ ip6? [sd]addr( timeout \S+)? \}"
            + @"|tcp option maxseg size set (rt mtu|\d+)|flow add @\S+|xt match ""comment"")(?= |$)")]
    private static partial Regex Silent();

    [GeneratedRegex(
        @"(?:^|(?<= ))(?:(?<verdict>accept|drop|reject|return|continue|queue|synproxy)(?= |$)[^{}]*|xt target ""?(?<verdict>[A-Z]+)""?\s*"
            + @"|(?<verdict>[ds]nat) (?:ip6? )?(?:[a-z]+ )*to .*|(?<verdict>redirect|masquerade|tproxy)\b.*"
            + @"|(?<verdict>jump|goto) (?<target>\S+)\s*)$")]
    private static partial Regex NftVerdict();

    /// <summary><c>redirect to :1234</c>, <c>-j REDIRECT --to-ports 1234</c></summary>
    [GeneratedRegex(@"(?:to :|--to-ports )(?<port>[\d-]+)")]
    private static partial Regex RedirectedTo();

    /// <summary>A rate of each client, mostly.</summary>
    [GeneratedRegex(@"(?:^|(?<= ))(?:add|update|meter) \S+ (?:size \d+ )?\{[^}]*\}")]
    private static partial Regex NftMeter();

    [GeneratedRegex(@"(?:^|(?<= ))notrack(?: |$)")]
    private static partial Regex Notrack();

    [GeneratedRegex(
        @"(?:^|(?<= ))(?<whose>meta|ct) mark set (?<expression>(?:meta mark|ct mark|mark|0x[0-9a-f]+|\d+)"
            + @"(?: (?:[&|^]|and|or|xor) (?:0x[0-9a-f]+|\d+))*(?= |$)|.*$)")]
    private static partial Regex NftChange();

    /// <summary><c>tcp flags syn</c>, <c>tcp flags != syn / fin,syn,rst,ack</c>, <c>tcp flags &amp; (fin | syn) == syn</c></summary>
    [GeneratedRegex(
        @"(?:^|(?<= ))tcp flags (?:& (?:\((?<mask>[a-z| ]+)\)|(?<mask>[a-z]+)) (?<not>[!=]=) (?<value>0x0|[a-z]+(?: ?\| ?[a-z]+)*)"
            + @"|(?:(?<not>[!=]=|!) )?(?<value>\{[^}]*\}|0x0|[a-z,]+(?: \| [a-z]+)*)(?: / (?<mask>[a-z,]+))?)(?: |$)")]
    private static partial Regex NftFlags();

    [GeneratedRegex(
        @"(?:^|(?<= ))(?:meta |(?<ct>ct ))?mark (?:(?:&|and) (?<mask>0x[0-9a-f]+|\d+) )?(?:(?<not>[!=]=|[<>]=?) )?(?<value>\{[^}]*\}|@\S+|[0-9a-fx-]+)(?: |$)")]
    private static partial Regex NftMark();

    /// <summary>A reverse path filter.</summary>
    [GeneratedRegex(@"(?:^|(?<= ))fib saddr(?: \. (?:mark|iif))+ (?:oif|oifname|check) (?:(?<missing>missing|0|"""")|exists|!= 0)(?: |$)")]
    private static partial Regex NftWayBack();

    private const string NftField =
        @"ip6? [sd]addr|(?:tcp|udp|th) [sd]port|(?:meta )?[io]if(?:name)?|ct (?:state|status|direction)|ip protocol|ip6 nexthdr|(?:meta )?l4proto"
            + @"|(?:meta )?nfproto|(?:meta )?protocol|ether type|(?:meta )?pkttype|fib [sd]addr type|tcp option maxseg size";

    private const string NftAnyField = @"(?:" + NftField + @"|(?:ip6?|tcp|udp|th|meta|ct|ether|vlan) [a-z0-9-]+|[a-z0-9]+)";

    /// <summary><c>tcp dport { 80, 443 }</c>, <c>meta l4proto . th dport { tcp . 22, tcp . 80 }</c>, <c>ip saddr . tcp dport @open</c></summary>
    [GeneratedRegex(
        @"(?:^|(?<= ))(?<key>" + NftAnyField + @"(?: \. " + NftAnyField + @")+|" + NftField + @") (?<not>!= |== |[<>]=? |! )?"
            + @"(?<value>\{[^}]*\}|""[^""]*""|[^\s{}]+(?: [.|] [^\s{}]+)*)(?: |$)")]
    private static partial Regex NftCondition();

    /// <summary>Any other field of a protocol.</summary>
    [GeneratedRegex(@"(?:^|(?<= ))(?<key>[a-z0-9]+ [a-z-]+)(?= )")]
    private static partial Regex OfProtocol();

    /// <summary>No packet that makes a connection or answers one is in pieces.</summary>
    [GeneratedRegex(@"\bip frag-off & \S+ != 0|\bexthdr frag exists")]
    private static partial Regex NftFragment();

    /// <summary><c>-A INPUT</c></summary>
    [GeneratedRegex(@"^-A \S+ ")]
    private static partial Regex Chain();

    [GeneratedRegex(@"(?:^|(?<= ))-(?<how>[jg]) (?<target>\S+)(?<options>.*)$")]
    private static partial Regex IptablesVerdict();

    /// <summary>Those whose conditions are read, and one that counts.</summary>
    [GeneratedRegex(
        @"(?:^|(?<= ))-m (?:(?:tcp|udp|multiport|conntrack|state|comment|addrtype|pkttype|icmp6?|ipv6-icmp|iprange|tcpmss)|nfacct --nfacct-name\s+\S+)(?: |$)")]
    private static partial Regex KnownModule();

    [GeneratedRegex(@"(?:^|(?<= ))-m (?:mark|(?<ct>connmark)) (?<not>! )?--mark (?<value>\S+)(?: |$)")]
    private static partial Regex IptablesMark();

    [GeneratedRegex(@"(?:^|(?<= ))-m rpfilter(?: --(?:loose|validmark|accept-local))*(?<missing> --invert)?(?: --(?:loose|validmark|accept-local))*(?: |$)")]
    private static partial Regex IptablesWayBack();

    [GeneratedRegex(@"(?:^|(?<= ))(?<not>! )?--tcp-flags (?<mask>\S+) (?<value>\S+)(?: |$)")]
    private static partial Regex IptablesFlags();

    [GeneratedRegex(
        @"(?:^|(?<= ))(?<not>! )?(?:(?<key>-s|-d|-i|-o|-p|--dports?|--sports?|--ports|--ctstate|--state|--ctdir|--ctstatus|--(?:src|dst)-type|--pkt-type"
            + @"|--src-range|--dst-range|--mss|--icmp(?:v6)?-type) (?<value>\S+)|(?<key>-f))(?: |$)")]
    private static partial Regex IptablesCondition();
}
