using System.Text.RegularExpressions;

namespace UserProxy.FunctionalTests.Monitoring;

/// <summary>
/// What a PromQL expression asks for, as far as these tests need it: its selectors, and the labels that it groups by. Whether it is PromQL at all is promtool's
/// to say.
/// </summary>
internal static partial class PromQuery
{
    private static readonly HashSet<string> Words = ["and", "or", "unless", "offset", "bool", "by", "without", "on", "ignoring", "group_left", "group_right"];

    public static IEnumerable<Selector> Selectors(string expression)
    {
        string plain = Grouping().Replace(Range().Replace(Comment().Replace(expression, ""), ""), " ");
        return Metric().Matches(plain)
            .Where(match => !match.Groups["call"].Success && !Words.Contains(match.Groups["name"].Value))
            .Select(match => new Selector(match.Groups["name"].Value, [.. Matcher().Matches(match.Groups["labels"].Value).Select(Condition.Of)]));
    }

    /// <summary>Of its <c>by</c> clauses.</summary>
    public static IEnumerable<string> Labels(string expression) =>
        Grouping().Matches(expression).Where(match => match.Groups["word"].Value == "by")
            .SelectMany(match => match.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex Range();

    [GeneratedRegex(@"^\s*#.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\b(?<word>by|without|on|ignoring|group_left|group_right)\s*\((?<labels>[^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"(?<![\w.])(?<name>[a-zA-Z_:][\w:]*)\s*(?:(?<call>\()|\{(?<labels>[^}]*)\})?")]
    private static partial Regex Metric();

    [GeneratedRegex("(?<label>\\w+)\\s*(?<operator>=~|!~|!=|=)\\s*\"(?<value>[^\"]*)\"")]
    private static partial Regex Matcher();

    /// <summary>A metric with the conditions on its labels.</summary>
    internal sealed record Selector(string Name, IReadOnlyList<Condition> Conditions)
    {
        /// <summary>
        /// Whether a sample of a scrape fits. What Prometheus adds to each sample is left out, and so are the values of a dashboard's variables.
        /// </summary>
        public bool Fits(string name, IReadOnlyDictionary<string, string> labels) => name == Name && Conditions.All(condition => condition.Fits(labels));
    }

    internal sealed record Condition(string Label, string Operator, string Value)
    {
        private static readonly HashSet<string> OfTheTarget = ["job", "instance", "cluster"];

        public static Condition Of(Match match) => new(match.Groups["label"].Value, match.Groups["operator"].Value, match.Groups["value"].Value);

        public bool Fits(IReadOnlyDictionary<string, string> labels)
        {
            if (OfTheTarget.Contains(Label)) return true;
            if (!labels.TryGetValue(Label, out string? value)) return false;
            if (Value.Contains('$', StringComparison.Ordinal)) return true;
            bool isSame = Operator is "=" or "!=" ? value == Value : Regex.IsMatch(value, $"^(?:{Value})$");
            return isSame != Operator.StartsWith('!');
        }
    }
}
