using System.Globalization;
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
        string text = WithoutWords(rule.Whole);
        if (!IsForPort(text) || !IsOfFamily(rule, text, addresses) || !Concerns(text, addresses)) return RuleEffect.None;
        if (rule.Source == "ipvs" || Nat().IsMatch(text)) return DestinationSet().IsMatch(text) ? RuleEffect.Some : RuleEffect.TakesAway;
        string chain = ChainOf(rule, text);
        if (!Drop().IsMatch(text) || IsElsewhere(rule, chain)) return RuleEffect.None;
        return IsForSome(text) || DestinationSet().IsMatch(text) || IsOfSome(rule, chain) ? RuleEffect.Some : RuleEffect.Drops;
    }

    /// <summary>No later rule of its chain sees a client of these addresses.</summary>
    public static bool EndsChain(RuleHint rule, IReadOnlyList<IPAddress> addresses)
    {
        string text = WithoutWords(rule.Whole);
        return Pass().IsMatch(text) && IsForPort(text) && IsOfFamily(rule, text, addresses) && Concerns(text, addresses)
            && !Destination().IsMatch(text) && !DestinationSet().IsMatch(text) && !IsForSome(text);
    }

    /// <summary>The rules of one chain of one tool have the same.</summary>
    public static string PlaceOf(RuleHint rule) => $"{rule.Source} {rule.Place} {ChainOf(rule, rule.Whole)}";

    /// <summary>The command that shows the rule among its neighbours, with what it is deleted by; null where its chain is not known.</summary>
    public static string? ShowOf(RuleHint rule) =>
        Show(rule.Source, rule.Source == "nft" ? NftPlace().Match(rule.Place).Groups["table"].Value : rule.Place, ChainOf(rule, rule.Whole));

    /// <summary>The same of a chain.</summary>
    public static string? ShowOf(FilterChain chain) => Show(chain.Source, chain.Table, chain.Name);

    private static string? Show(string source, string table, string chain)
    {
        // Names are text from outside: a shell must not read more than a name in them.
        if (!Names().IsMatch(table) || !Names().IsMatch(chain)) return null;
        if (source == "nft") return $"sudo nft -a list chain {table} {chain}";
        return source.EndsWith("-save", StringComparison.Ordinal) ? $"sudo {source[..^"-save".Length]} -t {table} -L {chain} -n --line-numbers" : null;
    }

    /// <summary>It is for somebody or something, and not for all that is left over; an interface that is not loopback is all.</summary>
    public static bool IsOfSomebody(string rule) => OfSomebody().IsMatch(WithoutWords(rule));

    /// <summary>A rule whose ports are in a set, in words that are not read one by one.</summary>
    public static bool NamesASetOfPorts(string text) => SetOfPorts().IsMatch(text);

    /// <summary>The port may be a part of an address or a mark: a hint.</summary>
    public static bool HasNumber(string rule, int port) => Number().Matches(WithoutWords(rule)).Any(
        match => int.TryParse(match.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number == port);

    /// <summary>Comments and prefixes of logs may hold the names of verdicts.</summary>
    public static string WithoutWords(string text) => Said().Replace(text, "");

    /// <summary>A rule for all ports but this one names it too.</summary>
    private static bool IsForPort(string text) => !OtherPorts().IsMatch(text);

    private static bool IsForSome(string text) => Condition().IsMatch(Everybody().Replace(text, ""));

    /// <summary>Its chain sees what is forwarded, or what has its route already: a listener of this node gets none of it.</summary>
    private static bool IsElsewhere(RuleHint rule, string chain) =>
        rule.Hook is { } hook ? hook is "forward" or "postrouting" : Elsewhere().IsMatch(chain);

    /// <summary>Its chain sees processes of this node alone, or its name does not tell: <c>port-forwards</c> may be jumped to from input.</summary>
    private static bool IsOfSome(RuleHint rule, string chain) =>
        rule.Hook is { } hook ? hook == "output" : Outgoing().IsMatch(chain) || PerhapsElsewhere().IsMatch(chain);

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

    /// <summary>An address, or a block of them; null is neither.</summary>
    public static CidrBlock? BlockOf(string text)
    {
        string whole = text.Contains('/', StringComparison.Ordinal) ? text : text.Contains(':', StringComparison.Ordinal) ? $"{text}/128" : $"{text}/32";
        return CidrBlock.TryParse(whole, out var block) ? block : null;
    }

    /// <summary>DNAT and REDIRECT of either tool, and the chains and maps of kube-proxy, which lead there.</summary>
    [GeneratedRegex(@"\b(DNAT|REDIRECT|TPROXY)\b|\bdnat\b|\bredirect\b|\btproxy\b|KUBE-(SVC|EXT|XLB)-|\bgoto (service|external)-")]
    private static partial Regex Nat();

    [GeneratedRegex(@"\b(DROP|REJECT|drop|reject)\b")]
    private static partial Regex Drop();

    [GeneratedRegex(@"[sd]addr|[sd]ports?\b| -[sd] |-set\b|@")]
    private static partial Regex OfSomebody();

    /// <summary><c>-m set --match-set ports dst</c> of iptables, whose sets may hold ports.</summary>
    [GeneratedRegex(@"--match-set \S+ (?:\S+,)?dst\b|dport @")]
    private static partial Regex SetOfPorts();

    [GeneratedRegex(@"\b\d{1,5}\b")]
    private static partial Regex Number();

    [GeneratedRegex(@"-j (ACCEPT|RETURN)\b|\b(accept|return)\b")]
    private static partial Regex Pass();

    /// <summary>The hooks' own chains, and those of Docker and ufw, which are jumped to from there alone.</summary>
    [GeneratedRegex("^(FORWARD|forward|POSTROUTING|postrouting|DOCKER.*|ufw6?-.*forward)$")]
    private static partial Regex Elsewhere();

    [GeneratedRegex("forward|postrouting|^docker", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PerhapsElsewhere();

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

    // iptables-save escapes quotes in it.
    [GeneratedRegex(@"(?:--comment|--log-prefix|(?<!-m )comment|prefix) (?:""(?:\\.|[^""\\])*""|\S+)")]
    private static partial Regex Said();

    /// <summary><c>dport != 22</c>, <c>! --dport 22</c></summary>
    [GeneratedRegex(@"dports? !=|! --dports? ")]
    private static partial Regex OtherPorts();

    /// <summary>
    /// What reads as a condition and holds for every new client: the protocol, the family (looked at by itself), the state of a SYN. <c>! --syn</c> holds for
    /// none of them.
    /// </summary>
    [GeneratedRegex(
        @"meta (l4proto (tcp|udp|\{[^}]*\})|nfproto ipv[46])|\bct state ((?:[a-z]+,)*new\b(?:,[a-z]+)*|\{[^}]*\bnew\b[^}]*\})"
            + @"|tcp flags (syn / [a-z,]+|& \([a-z| ]+\) == syn\b)"
            + @"|-m (conntrack|state) --(ctstate|state) ([A-Z]+,)*NEW\b(,[A-Z]+)*|(?<!! )--tcp-flags \S+ SYN\b(?!,)")]
    private static partial Regex Everybody();

    /// <summary>
    /// Only for some sources, interfaces, states or rates. Of the modules of iptables all but those that look at the port are such; nft calls them xt.
    /// </summary>
    [GeneratedRegex(
        @"saddr|sport|iif|oif|limit|\bct\b|\bset\b| -s | -i | -o |-m (?!(tcp|udp|multiport|comment)\b)\w+|flags|\bfib\b|\bmark\b|\bmeta\b"
            + @"|\bxt (match|target)\b|numgen|@")]
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
