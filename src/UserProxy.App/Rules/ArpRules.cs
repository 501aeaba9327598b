using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Rules;

/// <summary>
/// Rules of ARP, which nft lists whoever made them: without an answer to it no neighbour finds this node, nor is found. They are not followed; that there are
/// some that drop is a doubt. Pure.
/// </summary>
internal static partial class ArpRules
{
    /// <summary>The guard of virtual IPs, of which nobody else on the link may hear.</summary>
    private const string OurGuard = "arp userproxy";

    /// <summary>The first chain that may drop what is asked of one of these addresses, with its rule; a rule that names others alone is for them.</summary>
    public static (FilterChain Chain, string? Rule)? MayDrop(IReadOnlyList<FilterChain> chains, IReadOnlyList<IPAddress> addresses)
    {
        if (!addresses.Any(address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address))) return null;
        foreach (var chain in chains.Where(chain => chain.Table.StartsWith("arp ", StringComparison.Ordinal) && chain.Table != OurGuard))
        {
            if (chain.DropsTheRest) return (chain, null);
            if (chain.Rules.FirstOrDefault(rule => IsOf(RuleWords.Without(rule), addresses)) is { } rule) return (chain, rule);
        }

        return null;
    }

    private static bool IsOf(string rule, IReadOnlyList<IPAddress> addresses)
    {
        if (!Drop().IsMatch(rule)) return false;
        var named = Named().Matches(rule).Select(match => AddressRange.Of(match.Value)).OfType<AddressRange>().ToList();
        return named.Count == 0 || rule.Contains("!=", StringComparison.Ordinal) || named.Exists(range => addresses.Any(range.Contains));
    }

    [GeneratedRegex(@"\bdrop\b|\bDROP\b")]
    private static partial Regex Drop();

    /// <summary>An address, a block or a range.</summary>
    [GeneratedRegex(@"\b\d+\.\d+\.\d+\.\d+(?:/\d+|-\d+\.\d+\.\d+\.\d+)?")]
    private static partial Regex Named();
}
