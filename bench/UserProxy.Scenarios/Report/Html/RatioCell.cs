namespace UserProxy.Scenarios.Report.Html;

/// <summary>
/// A ratio as a cell of a table, coloured by its verdict; the sign says the same to those who see no colours. To be behind the ceiling is no verdict, so
/// that one has no colour.
/// </summary>
internal static class RatioCell
{
    /// <param name="page">Where to.</param>
    /// <param name="ratio">Null for an empty cell.</param>
    /// <param name="isCeiling">Without a colour, and not where there is little room.</param>
    /// <param name="withRange">The range of its turns in a second line, where there is room; it is told on pointing at the cell in any case.</param>
    public static void Write(Markup page, Ratio? ratio, bool isCeiling = false, bool withRange = false)
    {
        string? range = ratio is { Range.Length: > 0 } one ? one.Range : null;
        page.Open("td", ("class", Class(ratio, isCeiling)), ("title", range));
        page.Text($"{ratio}");
        if (withRange && range is not null) page.Element("small", range);
        page.Close();
    }

    private static string Class(Ratio? ratio, bool isCeiling) => ratio?.Verdict switch
    {
        _ when isCeiling => "number wide-only",
        Verdict.Better => "number better",
        Verdict.Worse => "number worse",
        _ => "number",
    };
}
