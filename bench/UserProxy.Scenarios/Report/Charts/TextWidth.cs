using System.Text;

namespace UserProxy.Scenarios.Report.Charts;

/// <summary>
/// How wide a text becomes, in pixels, without a font at hand: after DejaVu Sans, the widest of the fonts that browsers take for system-ui, so that what fits
/// by this fits everywhere.
/// </summary>
internal static class TextWidth
{
    /// <summary>Of all chart text; page.css says the same.</summary>
    public const double FontSize = 12;

    private const char Ellipsis = '…';

    public static double Of(string text)
    {
        double width = 0;
        foreach (var rune in text.EnumerateRunes()) width += Of(rune);
        return width * FontSize;
    }

    /// <summary>The text, or as much of its beginning as fits.</summary>
    public static string Fit(string text, double room)
    {
        if (Of(text) <= room) return text;
        double left = room - (Of(new Rune(Ellipsis)) * FontSize);
        var kept = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            left -= Of(rune) * FontSize;
            if (left < 0) break;
            kept.Append(rune);
        }

        return kept.ToString().TrimEnd() + Ellipsis;
    }

    private static double Of(Rune rune) => rune.Value switch
    {
        'i' or 'j' or 'l' or 'I' or '.' or ',' or ':' or ';' or '\'' or '|' or '!' or ' ' => 0.41,
        'f' or 't' or 'r' or '(' or ')' or '-' or '/' => 0.45,
        'm' or 'w' or 'M' or 'W' or '%' or '@' or '…' => 1.05,
        >= 'A' and <= 'Z' => 0.8,
        < 0x300 => 0.67,
        < 0x1100 => 0.9,
        _ => 1.25, // signs, East Asian, emoji
    };
}
