using System.Net;
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
        if (rule.Place.Contains("userproxy", StringComparison.Ordinal) || !Concerns(rule.Text, addresses)) return RuleEffect.None;
        if (rule.Source == "ipvs" || Nat().IsMatch(rule.Text)) return DestinationSet().IsMatch(rule.Text) ? RuleEffect.Some : RuleEffect.TakesAway;
        return !Drop().IsMatch(rule.Text) ? RuleEffect.None : Condition().IsMatch(rule.Text) ? RuleEffect.Some : RuleEffect.Drops;
    }

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

    /// <summary>Only for some sources, interfaces, states or rates.</summary>
    [GeneratedRegex(@"saddr|iif|oif|limit|\bct\b|conntrack|recent|\bset\b| -s | -i | -o | -m state|\bmeta\b|probability|numgen|@")]
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
