using UserProxy.App.Rules;

namespace UserProxy.App.Verify.Steps;

/// <summary>A chain or a rule that drops, or may, in words: for the steps that follow connections through the rules of this node. Pure.</summary>
internal static class DropWords
{
    /// <summary><c>a rule of chain INPUT (iptables-save, filter) may drop</c></summary>
    public static string Of(Dropping dropping)
    {
        string place = $"chain {dropping.Chain.Name} ({dropping.Chain.Source}, {dropping.Chain.Table})";
        return $"{(dropping.IsRest ? "" : "a rule of ")}{place} {(dropping.IsCertain ? "drops" : "may drop")}";
    }

    /// <summary>The rule, and those that may let it by before.</summary>
    public static IReadOnlyList<string> Evidence(Dropping dropping, int most) =>
        [.. dropping.Rule is { } rule ? (string[])[rule] : [], .. dropping.Undecided.Take(most).Select(one => $"not decided: {one}")];

    /// <summary>What to type.</summary>
    public static string Cure(Dropping dropping, Connection connection)
    {
        if (RuleCommands.Show(dropping.Chain) is not { } show || RuleCommands.LetBy(dropping, connection) is not { } let) return RuleCommands.ShowAll;
        if (!dropping.IsCertain) return $"{show}: does it? If so: {let}";
        return dropping.IsRest ? let : $"{show}: delete the rule there, or let the port by before it: {let}";
    }
}
