using System.Text.RegularExpressions;

namespace UserProxy.Linux.VirtualIPs;

/// <summary>
/// What nft(8) lists of the guard's tables, as far as <see cref="Guard"/> compares it: the text of the rules, and how many elements the sets have.
/// </summary>
/// <param name="Rules">Without the elements of sets.</param>
/// <param name="Elements">Of all sets together.</param>
internal readonly partial record struct GuardListing(string Rules, int Elements)
{
    public static GuardListing Parse(string text)
    {
        int elements = 0;
        // An empty set has no such line.
        string rules = ElementLines().Replace(text, lines =>
        {
            elements += lines.Groups["list"].ValueSpan.Count(',') + 1;
            return "";
        });
        return new GuardListing(rules, elements);
    }

    [GeneratedRegex(@"^[ \t]*elements = \{(?<list>[^}]*)\}[ \t]*\n", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex ElementLines();
}
