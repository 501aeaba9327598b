using System.Buffers;
using System.Text;

namespace UserProxy.Scenarios.Report.Markdown;

/// <summary>A table of GitHub's Markdown. Cells come from tools and users: whatever they hold, they stay cells.</summary>
internal static class MarkdownTable
{
    private static readonly SearchValues<char> Signs = SearchValues.Create(@"\`*[]<>|&~");

    public static void Write(TextWriter output, IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows)
    {
        Row(output, heads.Select(Escape));
        Row(output, heads.Select(_ => "---"));
        foreach (var row in rows) Row(output, row.Select(Escape));
        output.WriteLine();
    }

    /// <summary>The text as it is, on one line, with no meaning to Markdown.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (char letter in text)
        {
            if (Signs.Contains(letter)) escaped.Append('\\');
            escaped.Append(char.IsControl(letter) ? ' ' : letter);
        }

        return escaped.ToString();
    }

    private static void Row(TextWriter output, IEnumerable<string> cells) => output.WriteLine($"| {string.Join(" | ", cells)} |");
}
