using System.Text.RegularExpressions;

namespace UserProxy.App.Tests.Docs;

/// <summary>Which lines are too long: of Markdown over 120 columns, of C# over 160. Used by <see cref="LineWidthTests"/>.</summary>
internal static partial class LineWidths
{
    public const int Markdown = 120, CSharp = 160;

    /// <summary>The numbers of the lines that could be shorter. What stands in a raw string literal is somebody else's text.</summary>
    public static IEnumerable<int> TooLongInCSharp(string text)
    {
        bool isRaw = false;
        foreach (var (number, line) in text.Split('\n').Index())
        {
            if (!isRaw && line.Length > CSharp) yield return number + 1;
            if (line.Split("\"\"\"").Length % 2 == 0) isRaw = !isRaw;
        }
    }

    /// <summary>
    /// The numbers of the lines that could be shorter. Not those of tables, code, comments and headings, which end where the line does; and
    /// not those without a blank to break at: code spans stay whole, and a link's address has none.
    /// </summary>
    public static IEnumerable<int> TooLongInMarkdown(string text)
    {
        bool isCode = false;
        foreach (var (number, line) in text.Split('\n').Index())
        {
            string start = line.TrimStart();
            bool isFence = start.StartsWith("```", StringComparison.Ordinal);
            if (isFence) isCode = !isCode;
            if (isCode || isFence || line.Length <= Markdown || start[0] is '|' or '#' or '<' || line.StartsWith("    ", StringComparison.Ordinal)) continue;
            if (CanBeBroken(line)) yield return number + 1;
        }
    }

    private static bool CanBeBroken(string line)
    {
        string marker = Marker().Match(line).Value;
        string content = CodeSpan().Replace(line[marker.Length..], match => new string('x', match.Length));
        int blank = content.IndexOf(' ', StringComparison.Ordinal);
        return blank >= 0 && blank + marker.Length <= Markdown;
    }

    [GeneratedRegex(@"^\s*(?:>\s*)*(?:(?:[-*+]|\d+\.)\s+)?")]
    private static partial Regex Marker();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex CodeSpan();
}
