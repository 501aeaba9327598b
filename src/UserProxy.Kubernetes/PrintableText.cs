using System.Globalization;
using System.Text;

namespace UserProxy.Kubernetes;

/// <summary>
/// Makes text from manifests and tenants safe to put into a message: no line breaks, terminal escapes or invisible direction marks
/// reach a log or a screen, and no message grows with its cause.
/// </summary>
public static class PrintableText
{
    private const int MaxLength = 160;

    /// <summary>In quotes, escaped and cut.</summary>
    public static string Quote(string? text) => $"\"{Of(text)}\"";

    /// <summary>Escaped and cut, for text that reads as part of the sentence.</summary>
    public static string Of(string? text, int maxLength = MaxLength)
    {
        if (string.IsNullOrEmpty(text)) return "";

        var printable = new StringBuilder(Math.Min(text.Length, maxLength));
        foreach (var rune in text.EnumerateRunes())
        {
            if (printable.Length >= maxLength) return printable.Append("...").ToString();
            if (IsHarmless(rune)) printable.Append(rune.ToString());
            else printable.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
        }

        return printable.ToString();
    }

    private static bool IsHarmless(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
