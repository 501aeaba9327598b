using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Verify.Steps;

/// <summary>What a rule that names a port does to clients of some addresses, as far as its text tells.</summary>
internal enum RuleEffect
{
    /// <summary>Nothing, or it is for other addresses.</summary>
    None,

    /// <summary>It drops some clients, or what it takes away is not known.</summary>
    Some,

    /// <summary>It drops them all.</summary>
    Drops,

    /// <summary>NAT sends them elsewhere.</summary>
    TakesAway,
}

/// <summary>Reads the text of rules, for <see cref="NotShadowed"/>: what is only for some clients is a remark and no fault. Pure.</summary>
internal static partial class RuleReading
{
    public static RuleEffect EffectOf(RuleHint rule, IReadOnlyList<IPAddress> addresses)
    {
        // Our own guard of virtual IPs.
        if (rule.Place.Contains("userproxy", StringComparison.Ordinal)) return RuleEffect.None;
        string text = WithoutWords(rule.Text);
        if (!IsForPort(text) || !IsOfFamily(rule, text, addresses) || !Concerns(text, addresses)) return RuleEffect.None;
        if (rule.Source == "ipvs" || Nat().IsMatch(text)) return DestinationSet().IsMatch(text) ? RuleEffect.Some : RuleEffect.TakesAway;
        string chain = ChainOf(rule, text);
        if (!Drop().IsMatch(text) || Elsewhere().IsMatch(chain)) return RuleEffect.None;
        return IsForSome(text) || Outgoing().IsMatch(chain) ? RuleEffect.Some : RuleEffect.Drops;
    }

    /// <summary>No later rule of its chain sees a client of these addresses.</summary>
    public static bool EndsChain(RuleHint rule, IReadOnlyList<IPAddress> addresses)
    {
        string text = WithoutWords(rule.Text);
        return Pass().IsMatch(text) && IsForPort(text) && IsOfFamily(rule, text, addresses) && Concerns(text, addresses)
            && !Destination().IsMatch(text) && !DestinationSet().IsMatch(text) && !IsForSome(text);
    }

    /// <summary>The rules of one chain of one tool have the same.</summary>
    public static string PlaceOf(RuleHint rule) => $"{rule.Source} {rule.Place} {ChainOf(rule, rule.Text)}";

    /// <summary>The command that shows the rule among its neighbours, with what it is deleted by; null where its chain is not known.</summary>
    public static string? ShowOf(RuleHint rule)
    {
        string chain = ChainOf(rule, rule.Text);
        // Names are text from outside: a shell must not read more than a name in them.
        if (!Names().IsMatch(rule.Place) || !Names().IsMatch(chain)) return null;
        if (rule.Source == "nft")
            return NftPlace().Match(rule.Place) is { Success: true } place ? $"sudo nft -a list chain {place.Groups["table"].Value} {chain}" : null;
        return rule.Source.EndsWith("-save", StringComparison.Ordinal)
            ? $"sudo {rule.Source[..^"-save".Length]} -t {rule.Place} -L {chain} -n --line-numbers"
            : null;
    }

    /// <summary>Comments and prefixes of logs may hold the names of verdicts.</summary>
    private static string WithoutWords(string text) => Said().Replace(text, "");

    /// <summary>A rule for all ports but this one names it too.</summary>
    private static bool IsForPort(string text) => !OtherPorts().IsMatch(text);

    private static bool IsForSome(string text) => Condition().IsMatch(Everybody().Replace(text, ""));

    private static bool IsOfFamily(RuleHint rule, string text, IReadOnlyList<IPAddress> addresses)
    {
        bool isSix = rule.Source.StartsWith("ip6", StringComparison.Ordinal) || rule.Place.StartsWith("ip6 ", StringComparison.Ordinal)
            || text.Contains("nfproto ipv6", StringComparison.Ordinal);
        bool isFour = rule.Source.StartsWith("iptables", StringComparison.Ordinal) || rule.Place.StartsWith("ip ", StringComparison.Ordinal)
            || text.Contains("nfproto ipv4", StringComparison.Ordinal);
        if (rule.Place.StartsWith("bridge ", StringComparison.Ordinal) || rule.Place.StartsWith("arp ", StringComparison.Ordinal)) return false;
        return (!isSix && !isFour)
            || addresses.Any(address => address.AddressFamily == AddressFamily.InterNetworkV6 ? isSix : isFour);
    }

    /// <summary>iptables-save has it in the rule, nft above it.</summary>
    private static string ChainOf(RuleHint rule, string text) =>
        Appended().Match(text) is { Success: true } own ? own.Groups["chain"].Value
        : NftPlace().Match(rule.Place) is { Success: true } place ? place.Groups["chain"].Value
        : "";

    /// <summary>A rule for one destination is for that alone; of the elements of a map those that name one.</summary>
    private static bool Concerns(string text, IReadOnlyList<IPAddress> addresses)
    {
        foreach (Match match in Destination().Matches(text))
        {
            bool isOther = match.Groups["not"].Success;
            if (BlockOf(match.Groups["block"].Value) is { } block && !addresses.Any(address => block.Contains(address) != isOther)) return false;
        }

        var elements = Element().Matches(text).Select(match => BlockOf(match.Groups["block"].Value)).OfType<CidrBlock>().ToList();
        return elements.Count == 0 || elements.Exists(element => addresses.Any(element.Contains));
    }

    private static CidrBlock? BlockOf(string text)
    {
        string whole = text.Contains('/', StringComparison.Ordinal) ? text : text.Contains(':', StringComparison.Ordinal) ? $"{text}/128" : $"{text}/32";
        return CidrBlock.TryParse(whole, out var block) ? block : null;
    }

    /// <summary>DNAT and REDIRECT of either tool, and the chains and maps of kube-proxy, which lead there.</summary>
    [GeneratedRegex(@"\b(DNAT|REDIRECT|TPROXY)\b|\bdnat\b|\bredirect\b|\btproxy\b|KUBE-(SVC|EXT|XLB)-|\bgoto (service|external)-")]
    private static partial Regex Nat();

    [GeneratedRegex(@"\b(DROP|REJECT|drop|reject)\b")]
    private static partial Regex Drop();

    [GeneratedRegex(@"-j (ACCEPT|RETURN)\b|\b(accept|return)\b")]
    private static partial Regex Pass();

    /// <summary>Chains that see what is forwarded, or what has its route already: a listener of this node gets none of it.</summary>
    [GeneratedRegex("forward|postrouting|^DOCKER", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Elsewhere();

    /// <summary>Chains for the processes of this node alone.</summary>
    [GeneratedRegex("output", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Outgoing();

    /// <summary><c>-A INPUT</c></summary>
    [GeneratedRegex(@"^-A (?<chain>\S+)")]
    private static partial Regex Appended();

    /// <summary><c>inet filter chain input</c></summary>
    [GeneratedRegex(@"^(?<table>\w+ \S+) chain (?<chain>\S+)$")]
    private static partial Regex NftPlace();

    [GeneratedRegex(@"^[\w./ -]+$")]
    private static partial Regex Names();

    [GeneratedRegex("(?:--comment|--log-prefix|(?<!-m )comment|prefix) (?:\"[^\"]*\"|\\S+)")]
    private static partial Regex Said();

    /// <summary><c>dport != 22</c>, <c>! --dport 22</c></summary>
    [GeneratedRegex(@"dports? !=|! --dports? ")]
    private static partial Regex OtherPorts();

    /// <summary>What reads as a condition and holds for every new client: the protocol, the family (looked at by itself), the state of a SYN.</summary>
    [GeneratedRegex(
        @"meta (l4proto (tcp|udp|\{[^}]*\})|nfproto ipv[46])|\bct state (new\b|\{[^}]*\bnew\b[^}]*\})"
            + @"|tcp flags (syn / [a-z,]+|& \([a-z| ]+\) == syn\b)"
            + @"|-m (conntrack|state) --(ctstate|state) ([A-Z]+,)*NEW\b(,[A-Z]+)*|--tcp-flags \S+ SYN\b(?!,)")]
    private static partial Regex Everybody();

    /// <summary>Only for some sources, interfaces, states or rates. Of the modules of iptables all but those that look at the port are such.</summary>
    [GeneratedRegex(
        @"saddr|sport|iif|oif|limit|\bct\b|\bset\b| -s | -i | -o |-m (?!(tcp|udp|multiport|comment)\b)\w+|flags|\bfib\b|\bmark\b|\bmeta\b|numgen|@")]
    private static partial Regex Condition();

    [GeneratedRegex(@"(?:(?:^| )-d |ip6? daddr )(?<not>!=? ?)?(?<block>[0-9a-fA-F:.]+(?:/\d+)?)|(?<not>!) -d (?<block>[0-9a-fA-F:.]+(?:/\d+)?)")]
    private static partial Regex Destination();

    /// <summary><c>daddr { 10.0.0.1, 10.0.0.2 }</c>, <c>daddr @cluster-ips</c></summary>
    [GeneratedRegex(@"daddr (!= )?[{@]")]
    private static partial Regex DestinationSet();

    /// <summary><c>10.96.0.1 . tcp . 443 : goto ...</c>, an element of kube-proxy's maps in nftables mode.</summary>
    [GeneratedRegex(@"(?<block>[0-9a-fA-F:.]+) \. (?:tcp|udp) \. \d+")]
    private static partial Regex Element();
}
