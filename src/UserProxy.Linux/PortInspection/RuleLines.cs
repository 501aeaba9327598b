using System.Globalization;
using System.Text.RegularExpressions;
using UserProxy.Model;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// Finds the rules that name a port in what nft(8), iptables-save(8) and /proc/net/ip_vs print. Reads line by line, keeps a few. Hints for people: a rule may
/// be found that does not apply, and one that matches without naming the port is missed. Pure; used by <see cref="RuleSearch"/>.
/// </summary>
internal sealed partial class RuleLines(string source, TransportProtocol protocol, int port)
{
    private const int MostHints = 20;
    private const int LongestText = 160;

    private readonly string _protocol = protocol == TransportProtocol.Tcp ? "tcp" : "udp";
    private readonly string _other = protocol == TransportProtocol.Tcp ? "udp" : "tcp";
    private string _table = "";
    private string _chain = "";

    public List<RuleHint> Hints { get; } = [];

    public void Read(string line)
    {
        string text = line.Trim();
        if (text.StartsWith('*')) (_table, _chain) = (text[1..], "");
        else if (text.StartsWith("table ", StringComparison.Ordinal)) (_table, _chain) = (text[6..].TrimEnd('{', ' '), "");
        else if (NftChain().Match(text) is { Success: true } chain) _chain = chain.Value.TrimEnd('{', ' ');
        if (Hints.Count < MostHints && Names(text) is { } at) Hints.Add(new RuleHint(source, $"{_table} {_chain}".Trim(), Shorten(text, at)));
    }

    /// <summary>Where the port is named as a destination; null when it is not.</summary>
    private int? Names(string text)
    {
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
            if (match.Groups["protocol"].ValueSpan.Equals(_protocol, StringComparison.Ordinal) && Contains(match.Groups["ports"].Value)) return match.Index;
        }

        return null;
    }

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

    [GeneratedRegex(@"^(chain|map|set) .*\{")]
    private static partial Regex NftChain();

    /// <summary><c>tcp dport 80</c>, <c>th dport { 80, 443 }</c>, <c>--dport 80</c>, <c>--dports 80,443</c>.</summary>
    [GeneratedRegex(@"(?:(?<protocol>tcp|udp) )?(?:--)?dports? (?:!= )?(?<ports>\{[^}]*\}|\S+)")]
    private static partial Regex Destination();

    /// <summary><c>tcp . 30080 : goto ...</c>, an element of kube-proxy's maps in nftables mode.</summary>
    [GeneratedRegex(@"(?<protocol>tcp|udp) \. (?<ports>\d+(?:-\d+)?)\b")]
    private static partial Regex Element();
}
