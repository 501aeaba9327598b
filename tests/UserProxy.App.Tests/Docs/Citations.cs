using System.Globalization;
using System.Text.RegularExpressions;

namespace UserProxy.App.Tests.Docs;

/// <summary>
/// What a text names of docs/semantics.md, of the decisions and of pages that are not here, against what there is. Made once
/// by <see cref="CitationTests"/>.
/// </summary>
/// <param name="rules">The numbers of docs/semantics.md.</param>
/// <param name="decisions">The numbers of docs/decisions.</param>
internal sealed partial class Citations(IReadOnlySet<string> rules, IReadOnlySet<int> decisions)
{
    /// <summary>How many rules and decisions the texts have named so far.</summary>
    public int Rules { get; private set; }

    public int Decisions { get; private set; }

    /// <summary>What is named and is not there.</summary>
    public IEnumerable<string> BrokenIn(string text)
    {
        string joined = LineEnd().Replace(text, " ");
        foreach (Match cited in RuleCited().Matches(joined))
        {
            foreach (string number in Number().Matches(cited.Groups["numbers"].Value).Select(match => match.Value))
            {
                Rules++;
                if (!rules.Contains(number)) yield return $"docs/semantics.md has no {number}";
            }
        }

        foreach (Match cited in DecisionCited().Matches(joined))
        {
            foreach (Match number in Whole().Matches(cited.Groups["numbers"].Value))
            {
                Decisions++;
                int decision = int.Parse(number.Value, CultureInfo.InvariantCulture);
                if (!decisions.Contains(decision)) yield return $"there is no decision {decision}: {cited.Value}";
            }
        }

        foreach (Match link in DecisionLinked().Matches(joined))
        {
            if (int.Parse(link.Groups["said"].Value, CultureInfo.InvariantCulture) != int.Parse(link.Groups["file"].Value, CultureInfo.InvariantCulture))
                yield return $"says one decision and leads to another: {link.Value}";
        }

        foreach (Match page in NotHere().Matches(joined)) yield return $"a page that is not in this repository: {page.Value}";
    }

    /// <summary>The numbers of the rules that a page defines, in its order.</summary>
    public static IEnumerable<string> RulesOf(string semantics) => RuleDefined().Matches(semantics).Select(match => match.Groups["number"].Value);

    /// <summary>A comment goes on on the next line.</summary>
    [GeneratedRegex(@"[ \t]*\n[ \t]*(?:///?|#)?[ \t]*")]
    private static partial Regex LineEnd();

    [GeneratedRegex(@"docs/semantics\.md (?<numbers>\d+\.\d+(?:(?:,| and| to) \d+\.\d+)*)")]
    private static partial Regex RuleCited();

    [GeneratedRegex(@"(?:docs/decisions/|\b[Dd]ecisions? |\[[Dd]ecisions? )(?<numbers>\d+(?:(?:,| and) \d+)*)")]
    private static partial Regex DecisionCited();

    [GeneratedRegex(@"\[(?:[Dd]ecisions? )?(?<said>\d+)\]\([\w./-]*?(?<file>\d{4})-[\w-]+\.md\)")]
    private static partial Regex DecisionLinked();

    [GeneratedRegex(@"\b(?:SEMANTICS|CONTRACT|RELIABILITY|MEASURED|DESIGN|STYLE)(?:\.md|'s| \d)")]
    private static partial Regex NotHere();

    [GeneratedRegex(@"^\*\*(?<number>\d+\.\d+)\*\* ", RegexOptions.Multiline)]
    private static partial Regex RuleDefined();

    [GeneratedRegex(@"\d+\.\d+")]
    private static partial Regex Number();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Whole();
}
