using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Rules;

/// <summary>What a rule that names a port does to clients of some addresses, as far as its text tells.</summary>
internal enum RuleEffect
{
    /// <summary>Nothing, or it is for other addresses.</summary>
    None,

    /// <summary>It is for some clients, or drops in a chain that they may not come to.</summary>
    Some,

    /// <summary>It drops them all: the chains lead there (<see cref="Firewall"/>).</summary>
    Drops,

    /// <summary>NAT sends them elsewhere.</summary>
    TakesAway,
}

/// <summary>Reads the text of one rule that names a port, without the chains that lead there. Pure.</summary>
internal static partial class NamedRule
{
    public static RuleEffect EffectOf(RuleHint rule, TransportProtocol protocol, int port, IReadOnlyList<IPAddress> addresses)
    {
        // Our own guard of virtual IPs.
        if (rule.Place.Contains("userproxy", StringComparison.Ordinal)) return RuleEffect.None;
        string text = RuleWords.Without(rule.Whole);
        bool isNat = rule.Source == "ipvs" || Nat().IsMatch(text);
        if (!isNat && (!Drop().IsMatch(text) || IsElsewhere(rule))) return RuleEffect.None;
        if (rule.Source == "ipvs") return RuleEffect.TakesAway;
        if (Element().IsMatch(text)) return isNat && IsOfFamily(rule, addresses) && HasElementOf(text, addresses) ? RuleEffect.TakesAway : RuleEffect.None;
        var fits = FitsOf(rule, protocol, port, addresses).Where(fit => fit.Meets != Fit.No).ToList();
        if (fits.Count == 0) return RuleEffect.None;
        // By whichever interface: that of most clients may be the one.
        return isNat && fits.Exists(fit => (fit.Because & ~Doubt.Interface) == 0) ? RuleEffect.TakesAway : RuleEffect.Some;
    }

    /// <summary>No later rule of its chain sees a client of these addresses.</summary>
    public static bool EndsChain(RuleHint rule, TransportProtocol protocol, int port, IReadOnlyList<IPAddress> addresses)
    {
        var fits = FitsOf(rule, protocol, port, addresses).ToList();
        return fits.Count > 0 && fits.TrueForAll(fit => fit is { Meets: Fit.Yes, Verdict: "accept" or "return" });
    }

    /// <summary>The rules of one chain of one tool have the same.</summary>
    public static string PlaceOf(RuleHint rule) => $"{rule.Source} {rule.Place} {ChainOf(rule)}";

    /// <summary>iptables-save has it in the rule, nft above it.</summary>
    public static string ChainOf(RuleHint rule) =>
        Appended().Match(rule.Whole) is { Success: true } own ? own.Groups["chain"].Value
        : NftPlace().Match(rule.Place) is { Success: true } place ? place.Groups["chain"].Value
        : "";

    public static string TableOf(RuleHint rule) => rule.Source == "nft" ? NftPlace().Match(rule.Place).Groups["table"].Value : rule.Place;

    /// <summary>At each of the addresses, of clients from outside and of this node, where its chain may see them.</summary>
    private static IEnumerable<RuleFit> FitsOf(RuleHint rule, TransportProtocol protocol, int port, IReadOnlyList<IPAddress> addresses)
    {
        string chain = ChainOf(rule);
        var text = RuleText.Of(rule.Whole);
        string? hook = rule.Hook ?? (chain is "PREROUTING" or "INPUT" or "OUTPUT" or "POSTROUTING" ? chain.ToLowerInvariant() : null);
        foreach (var address in addresses.Where(address => IsOfFamily(rule, [address])))
        {
            var local = new Connection(protocol, [address], port, [address], Way.Local);
            List<Packet> packets = [new(local, PacketKind.First, "output"), new(local, PacketKind.First, "prerouting")];
            if (!IPAddress.IsLoopback(address)) packets.Add(new(new Connection(protocol, [address], port, [], Way.Incoming), PacketKind.First, "prerouting"));
            foreach (var packet in packets.Where(packet => hook is null || packet.IsComing == hook is "prerouting" or "input"))
            {
                foreach (var fit in RuleFit.Of(text, rule.Source == "nft", packet)) yield return fit;
            }
        }
    }

    /// <summary>Its chain sees what is forwarded, or what has its route already: a listener of this node gets none of it.</summary>
    private static bool IsElsewhere(RuleHint rule) =>
        rule.Hook is { } hook ? hook is "forward" or "postrouting" : Elsewhere().IsMatch(ChainOf(rule));

    private static bool IsOfFamily(RuleHint rule, IReadOnlyList<IPAddress> addresses)
    {
        if (rule.Place.StartsWith("bridge ", StringComparison.Ordinal) || rule.Place.StartsWith("arp ", StringComparison.Ordinal)) return false;
        bool isSix = rule.Source.StartsWith("ip6", StringComparison.Ordinal) || rule.Place.StartsWith("ip6 ", StringComparison.Ordinal);
        bool isFour = rule.Source.StartsWith("iptables", StringComparison.Ordinal) || rule.Place.StartsWith("ip ", StringComparison.Ordinal);
        return (!isSix && !isFour) || addresses.Any(address => address.AddressFamily == AddressFamily.InterNetworkV6 ? isSix : isFour);
    }

    /// <summary>Of the elements of a map those that name an address are for that alone.</summary>
    private static bool HasElementOf(string text, IReadOnlyList<IPAddress> addresses)
    {
        var blocks = Element().Matches(text).Where(match => match.Groups["block"].Success).Select(match => AddressRange.Of(match.Groups["block"].Value))
            .OfType<AddressRange>().ToList();
        return blocks.Count == 0 || blocks.Exists(block => addresses.Any(block.Contains));
    }

    /// <summary>DNAT and REDIRECT of either tool, and the chains and maps of kube-proxy, which lead there.</summary>
    [GeneratedRegex(@"\b(DNAT|REDIRECT|TPROXY)\b|\bdnat\b|\bredirect\b|\btproxy\b|KUBE-(SVC|EXT|XLB)-|\bgoto (service|external)-")]
    private static partial Regex Nat();

    [GeneratedRegex(@"\b(DROP|REJECT|drop|reject)\b")]
    private static partial Regex Drop();

    /// <summary>The hooks' own chains, and those of Docker and ufw, which are jumped to from there alone.</summary>
    [GeneratedRegex("^(FORWARD|forward|POSTROUTING|postrouting|DOCKER.*|ufw6?-.*forward)$")]
    private static partial Regex Elsewhere();

    /// <summary><c>-A INPUT</c></summary>
    [GeneratedRegex(@"^-A (?<chain>\S+)")]
    private static partial Regex Appended();

    /// <summary><c>inet filter chain input</c></summary>
    [GeneratedRegex(@"^(?<table>\w+ \S+) chain (?<chain>\S+)$")]
    private static partial Regex NftPlace();

    /// <summary><c>10.96.0.1 . tcp . 443 : goto ...</c>, an element of kube-proxy's maps in nftables mode.</summary>
    [GeneratedRegex(@"(?:(?<block>[0-9a-fA-F:.]+) \. )?(?:tcp|udp) \. \d+ : ")]
    private static partial Regex Element();
}
