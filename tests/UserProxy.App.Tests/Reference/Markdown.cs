using System.Text;

namespace UserProxy.App.Tests.Reference;

/// <summary>A page of Markdown that is made, not written.</summary>
internal sealed class Markdown
{
    private readonly StringBuilder _text = new();

    public Markdown Heading(int level, string text) => Paragraph($"{new string('#', level)} {text}");

    public Markdown Paragraph(string text)
    {
        if (_text.Length > 0) _text.Append('\n');
        _text.Append(text).Append('\n');
        return this;
    }

    public Markdown Table(string[] headers, IEnumerable<string[]> rows)
    {
        _text.Append('\n').Append(Row(headers)).Append(Row([.. headers.Select(_ => "---")]));
        foreach (string[] row in rows) _text.Append(Row(row));
        return this;
    }

    public Markdown Code(string language, string text) => Paragraph($"```{language}\n{text.TrimEnd()}\n```");

    public override string ToString() => _text.ToString();

    public static string Literal(string text) => text.Length == 0 ? "" : $"`{text}`";

    private static string Row(string[] cells) => $"| {string.Join(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal).Replace("\n", " ", StringComparison.Ordinal)))} |\n";
}
