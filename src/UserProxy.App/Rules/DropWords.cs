namespace UserProxy.App.Rules;

/// <summary>A chain or a rule that drops, or may, in words: for those who follow connections through the rules of this node. Pure.</summary>
internal static class DropWords
{
    /// <summary>A rule may hold thousands of addresses.</summary>
    private const int LongestRule = 400;

    /// <summary><c>a rule of chain INPUT (iptables-save, filter) may drop</c>, <c>... sends elsewhere</c></summary>
    public static string Of(Dropping dropping)
    {
        string does = (dropping.IsNat, dropping.IsCertain) switch
        {
            (false, true) => "drops",
            (false, false) => "may drop",
            (true, true) => "sends elsewhere",
            (true, false) => "may send elsewhere",
        };
        return $"{Place(dropping)} {does}";
    }

    /// <summary><c>chain INPUT (iptables-save, filter)</c> where it drops what is left over, else <c>a rule of ...</c></summary>
    public static string Place(Dropping dropping) =>
        $"{(dropping.IsRest ? "" : "a rule of ")}chain {dropping.Chain.Name} ({dropping.Chain.Source}, {dropping.Chain.Table})";

    /// <summary>The rule, and those that may let it by before.</summary>
    public static IReadOnlyList<string> Evidence(Dropping dropping, int most) =>
        [.. dropping.Rule is { } rule ? (string[])[Shorten(rule)] : [], .. dropping.Undecided.Take(most).Select(one => $"not decided: {Shorten(one)}")];

    /// <summary>What it is for is at its begin, what it does at its end.</summary>
    private static string Shorten(string rule) =>
        rule.Length <= LongestRule ? rule : $"{rule.AsSpan(0, LongestRule / 2)} ... {rule.AsSpan(rule.Length - (LongestRule / 2))}";

    /// <summary>What to type.</summary>
    public static string Cure(Dropping dropping, Connection connection)
    {
        if (RuleCommands.Show(dropping) is not { } show || RuleCommands.LetBy(dropping, connection) is not { } let) return RuleCommands.ShowAll;
        if (!dropping.IsCertain) return $"{show}: does it? If so: {let}";
        return dropping.IsRest ? let : $"{show}: delete the rule there, or let the port by before it: {let}";
    }
}
