namespace UserProxy.Scenarios.Report.Html;

/// <summary>
/// A ratio as a cell of a table, coloured by its verdict; the sign says the same to those who see no colours. To be behind the ceiling is no verdict, so
/// that one has no colour.
/// </summary>
internal static class RatioCell
{
    public static void Write(Markup page, Ratio? ratio, bool isCeiling = false) => page.Element("td", $"{ratio}", ("class", ratio?.Verdict switch
    {
        _ when isCeiling => "number",
        Verdict.Better => "number better",
        Verdict.Worse => "number worse",
        _ => "number",
    }));
}
