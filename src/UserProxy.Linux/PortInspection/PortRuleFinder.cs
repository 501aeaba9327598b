using System.Globalization;
using System.Text.RegularExpressions;
using UserProxy.Model;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// Finds the rules that name a port in what nft(8), iptables-save(8) and /proc/net/ip_vs print. Reads line by line, keeps a few. Hints for people: a rule may
/// be found that does not apply, and one that matches without naming the port is missed. Pure; used by <see cref="RuleSearch"/>.
/// </summary>
internal sealed partial class PortRuleFinder(string source, TransportProtocol protocol, int port)
{
    /// <summary>kube-proxy has one for each Service at a usual port.</summary>
    private const int MostHints = 200;

    private const int LongestText = 160;

    private readonly string _protocol = protocol == TransportProtocol.Tcp ? "tcp" : "udp";
    private readonly string _other = protocol == TransportProtocol.Tcp ? "udp" : "tcp";
    private string _table = "";
    private string _chain = "";
    private string? _hook;
    private bool _isDormant;

    public List<RuleHint> Hints { get; } = [];

    /// <summary>Rules that name the port beside the hints.</summary>
    public int LeftOut { get; private set; }

    public void Read(string line)
    {
        string text = line.Trim();
        if (text.StartsWith('*')) Begin(text[1..]);
        else if (text.StartsWith("table ", StringComparison.Ordinal)) Begin(text[6..].Split('{', 2)[0].Trim());
        else if (FilterChains.IsDormant(text)) _isDormant = true;
        else if (NftChain().Match(text) is { Success: true } chain) (_chain, _hook) = (chain.Value.TrimEnd('{', ' '), null);
        else if (NftHook().Match(text) is { Success: true } type) _hook = type.Groups["hook"].Value;
        if (_isDormant || Names(text) is not { } at) return;
        if (Hints.Count == MostHints) LeftOut++;
        else Hints.Add(new RuleHint(source, $"{_table} {_chain}".Trim(), Shorten(text, at)) { Whole = Whole(text, at), Hook = _hook });
    }

    private void Begin(string table) => (_table, _chain, _hook, _isDormant) = (table, "", null, false);

    /// <summary>Where the port is named as a destination; null when it is not.</summary>
    private int? Names(string text)
    {
        // Most lines of a large node name none.
        if (!text.Contains("dport", StringComparison.Ordinal) && !text.Contains(" . ", StringComparison.Ordinal)) return null;
        foreach (Match match in Destination().Matches(text))
        {
            if (!match.Groups["protocol"].ValueSpan.Equals(_other, StringComparison.Ordinal)
                && !OfOther(text) && match.Groups["ports"].Value.Split([',', '{', '}', ' '], StringSplitOptions.RemoveEmptyEntries).Any(Contains))
            {
                return match.Index;
            }
        }

        foreach (Match match in Element().Matches(text))
        {
            if (IsOfPort(match)) return match.Index;
        }

        return null;
    }

    private bool IsOfPort(Match element) =>
        element.Groups["protocol"].ValueSpan.Equals(_protocol, StringComparison.Ordinal) && Contains(element.Groups["ports"].Value);

    // "-p udp" stands far from "--dport" in iptables-save.
    private bool OfOther(string text) => text.Contains($"-p {_other} ", StringComparison.Ordinal);

    /// <summary><c>80</c>, <c>30000-32767</c> of nft, <c>30000:32767</c> of iptables.</summary>
    private bool Contains(string text)
    {
        int dash = text.AsSpan().IndexOfAny('-', ':');
        if (dash < 0) return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int one) && one == port;
        return int.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out int first)
            && int.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int last) && first <= port && port <= last;
    }

    // A line of a set has thousands of characters.
    private static string Shorten(string text, int at)
    {
        if (text.Length <= LongestText) return text;
        int start = Math.Clamp(at - 40, 0, text.Length - LongestText);
        return $"{(start > 0 ? "..." : "")}{text.AsSpan(start, LongestText)}{(start + LongestText < text.Length ? "..." : "")}";
    }

    /// <summary>Of the thousands of elements that a line may have those of the port: the others are about other ports.</summary>
    private string Whole(string text, int at)
    {
        if (Element().Match(text, at) is not { Success: true } found || found.Index != at) return text;
        // A set goes on in lines without a brace.
        int open = text.LastIndexOf('{', at) + 1, close = text.IndexOf('}', at);
        if (close < 0) close = text.Length;
        var own = Listed().Matches(text[open..close]).Select(one => one.Value.Trim()).Where(one => Element().Matches(one).Any(IsOfPort));
        return $"{text[..open]} {string.Join(", ", own)} {text[close..]}".Trim();
    }

    [GeneratedRegex(@"^(chain|map|set) .*\{")]
    private static partial Regex NftChain();

    /// <summary><c>type filter hook input priority filter; policy accept;</c></summary>
    [GeneratedRegex(@"^type \w+ hook (?<hook>\w+)")]
    private static partial Regex NftHook();

    /// <summary>What stands between commas; a comment may hold some.</summary>
    [GeneratedRegex("(?>\"[^\"]*\"|[^,\"])+")]
    private static partial Regex Listed();

    /// <summary><c>tcp dport 80</c>, <c>th dport { 80, 443 }</c>, <c>--dport 80</c>, <c>--dports 80,443</c>.</summary>
    [GeneratedRegex(@"(?:(?<protocol>tcp|udp) )?(?:--)?dports? (?:!= )?(?<ports>\{[^}]*\}|\S+)")]
    private static partial Regex Destination();

    /// <summary><c>tcp . 30080 : goto ...</c>, an element of kube-proxy's maps in nftables mode.</summary>
    [GeneratedRegex(@"(?<protocol>tcp|udp) \. (?<ports>\d+(?:-\d+)?)\b")]
    private static partial Regex Element();
}
