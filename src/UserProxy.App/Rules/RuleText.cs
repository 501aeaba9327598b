using System.Text.RegularExpressions;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Rules;

/// <summary>
/// One rule as it is judged: whole, without what people have said in it, and with the long sets that it holds apart, as if they had names. Made once for all
/// packets. Pure.
/// </summary>
/// <param name="Listed">As the tool lists it, for showing.</param>
/// <param name="Text">For judging.</param>
/// <param name="Sets">Those that it may name.</param>
internal sealed partial record RuleText(string Listed, string Text, IReadOnlyDictionary<string, NamedSet> Sets)
{
    private static readonly Dictionary<string, NamedSet> NoSets = [];

    public static RuleText Of(string rule, IReadOnlyDictionary<string, NamedSet>? named = null)
    {
        Dictionary<string, NamedSet>? own = null;
        string text = LongSet().Replace(RuleWords.Without(rule), match =>
        {
            own ??= new(named ?? NoSets);
            // As the kernel calls them.
            string name = $"__set{own.Count}";
            own[name] = new NamedSet(match.Groups["elements"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), true);
            return $"@{name}";
        });
        return new(rule, text, own ?? named ?? NoSets);
    }

    [GeneratedRegex(@"\{(?<elements>[^{}]{256,})\}")]
    private static partial Regex LongSet();
}
