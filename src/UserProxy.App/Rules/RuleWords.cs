using System.Text.RegularExpressions;

namespace UserProxy.App.Rules;

/// <summary>Words of rules that are read before their conditions are. Pure.</summary>
internal static partial class RuleWords
{
    /// <summary>Comments and prefixes of logs may hold the names of verdicts.</summary>
    public static string Without(string text) => Said().Replace(text, "");

    /// <summary>It is for somebody or something, and not for all that is left over; an interface that is not loopback is all.</summary>
    public static bool IsOfSomebody(string rule) => OfSomebody().IsMatch(Without(rule));

    [GeneratedRegex(
        @"[sd]addr|[sd]ports?\b| -[sd] |-set\b|@| -m (?!tcp|udp|comment)|\bmark\b|\blimit\b|\bflags\b|\bttl\b|\bct count\b|\binvalid\b|\bmeta\b"
            + "|--tcp-flags")]
    private static partial Regex OfSomebody();

    // iptables-save escapes quotes in it.
    [GeneratedRegex(@"(?:--comment|--log-prefix|(?<!-m )comment|prefix) (?:""(?:\\.|[^""\\])*""|\S+)")]
    private static partial Regex Said();
}
