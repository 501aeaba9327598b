using System.Globalization;
using System.Net;
using System.Text;

namespace UserProxy.Scenarios.Report.Html;

/// <summary>
/// Writes HTML and the SVG in it, an element at a time, in the order in which they stand. Whatever text and attributes hold is escaped here, and nowhere else,
/// so that nothing that a tool printed can become markup. Names of elements and attributes are ours.
/// </summary>
internal sealed class Markup(TextWriter output)
{
    private readonly Stack<string> _open = [];

    public void Open(string element, params ReadOnlySpan<(string Name, object? Value)> attributes)
    {
        Tag(element, attributes);
        _open.Push(element);
    }

    public void Close()
    {
        output.Write($"</{_open.Pop()}>");
        if (!_open.TryPeek(out string? outer) || outer is not ("text" or "p" or "td" or "th" or "li" or "dd")) output.WriteLine();
    }

    /// <summary>A whole element that holds text alone.</summary>
    public void Element(string element, string text, params ReadOnlySpan<(string Name, object? Value)> attributes)
    {
        Open(element, attributes);
        Text(text);
        Close();
    }

    /// <summary>An element without content: of SVG, or void in HTML.</summary>
    public void Empty(string element, params ReadOnlySpan<(string Name, object? Value)> attributes)
    {
        Tag(element, attributes, ends: true);
        output.WriteLine();
    }

    public void Text(string text) => output.Write(Escape(text));

    /// <summary>Ours, as it stands: a doctype, a style sheet.</summary>
    public void Raw(string markup) => output.Write(markup);

    private void Tag(string element, ReadOnlySpan<(string Name, object? Value)> attributes, bool ends = false)
    {
        output.Write($"<{element}");
        foreach (var (name, value) in attributes)
        {
            if (value is not null) output.Write($" {name}=\"{Escape(Shown(value))}\"");
        }

        output.Write(ends ? "/>" : ">");
    }

    /// <summary>Pixels need no more than a tenth.</summary>
    private static string Shown(object value) =>
        value is double number ? number.ToString("0.#", CultureInfo.InvariantCulture) : Convert.ToString(value, CultureInfo.InvariantCulture)!;

    /// <summary>Control characters and halves of surrogate pairs have no place in a document, whichever way they are written.</summary>
    private static string Escape(string text)
    {
        var sound = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes()) sound.Append(Rune.IsControl(rune) ? " " : rune.ToString());
        return WebUtility.HtmlEncode(sound.ToString());
    }
}
