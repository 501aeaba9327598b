using System.Text;
using System.Text.RegularExpressions;
using UserProxy.App.Tests.Docs;

namespace UserProxy.App.Tests.Reference;

/// <summary>A page of Markdown that is made, not written.</summary>
internal sealed partial class Markdown
{
    private readonly StringBuilder _text = new();

    public Markdown Heading(int level, string text) => Add($"{new string('#', level)} {text}");

    public Markdown Paragraph(string text) => Add(Wrapped(text));

    public Markdown Table(string[] headers, IEnumerable<string[]> rows)
    {
        _text.Append('\n').Append(Row(headers)).Append(Row([.. headers.Select(_ => "---")]));
        foreach (string[] row in rows) _text.Append(Row(row));
        return this;
    }

    public Markdown Code(string language, string text) => Add($"```{language}\n{text.TrimEnd()}\n```");

    public override string ToString() => _text.ToString();

    public static string Literal(string text) => text.Length == 0 ? "" : $"`{text}`";

    private Markdown Add(string text)
    {
        if (_text.Length > 0) _text.Append('\n');
        _text.Append(text).Append('\n');
        return this;
    }

    /// <summary>Lines of at most <see cref="LineWidths.Markdown"/> columns, as far as there are blanks outside of code.</summary>
    private static string Wrapped(string text)
    {
        var wrapped = new StringBuilder();
        int column = 0;
        foreach (Match word in Word().Matches(text))
        {
            bool fits = column + 1 + word.Length <= LineWidths.Markdown;
            if (column > 0) wrapped.Append(fits ? ' ' : '\n');
            column = column > 0 && fits ? column + 1 + word.Length : word.Length;
            wrapped.Append(word.ValueSpan);
        }

        return wrapped.ToString();
    }

    /// <summary>A code span is a part of one word, whatever blanks it has.</summary>
    [GeneratedRegex(@"(?:`[^`]*`|[^\s`])+")]
    private static partial Regex Word();

    private static string Row(string[] cells) =>
        $"| {string.Join(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal).Replace("\n", " ", StringComparison.Ordinal)))} |\n";
}
