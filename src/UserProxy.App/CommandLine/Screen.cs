using System.Globalization;

namespace UserProxy.App.CommandLine;

/// <summary>What text is made for: a terminal of so many columns, with colours or without; or nobody knows who (a pipe), who gets all of it.</summary>
/// <param name="Width">Null: lines may be as long as they are.</param>
/// <param name="HasColour">Escape sequences are understood and wanted.</param>
internal readonly record struct Screen(int? Width, bool HasColour)
{
    /// <summary>Narrower than that nothing can be shown well.</summary>
    private const int Narrowest = 40;

    /// <summary>Of the lines that go on with a message.</summary>
    public const int Indent = 2;

    /// <summary>In the place of the blanks of what is typed as one (<see cref="Unbroken"/>).</summary>
    private const char Bond = '\u00A0';

    public static Screen None { get; } = new(null, false);

    /// <summary>Of standard output, as wide as it is now.</summary>
    public static Screen Of(Surroundings surroundings) =>
        new(surroundings.OutWidth() is { } width ? Math.Max(width, Narrowest) : null, surroundings.ColourOnOut);

    /// <summary>Of standard error, where that is the same terminal.</summary>
    public static Screen OfError(Surroundings surroundings) =>
        surroundings.ErrorIsTerminal ? Of(surroundings) with { HasColour = surroundings.ColourOnError } : None;

    /// <summary>A command that stays in one line if there is room for it.</summary>
    /// <remarks>Its blanks are U+00A0 until <see cref="Wrap"/> makes blanks of them again: text that has it is printed by that alone.</remarks>
    public static string Unbroken(string command) => command.Replace(' ', Bond);

    public string Paint(string text, Tone tone) => !HasColour || tone == Tone.None ? text : string.Create(
        CultureInfo.InvariantCulture, $"\e[{(tone == Tone.Good ? 32 : tone == Tone.Warning ? 33 : 31)}m{text}\e[0m");

    /// <summary>Broken between words; each line but the first begins with <paramref name="indent"/> blanks.</summary>
    public IEnumerable<string> Wrap(string text, int indent) => Broken(text, indent).Select(line => line.Replace(Bond, ' '));

    private IEnumerable<string> Broken(string text, int indent)
    {
        if (Width is not { } width || text.Length <= width || indent > width / 2)
        {
            yield return text;
            yield break;
        }

        string margin = "";
        while (margin.Length + text.Length > width)
        {
            int room = width - margin.Length;
            // What leads a line (a key and its blanks) stays with its first word.
            int least = margin.Length == 0 ? indent : 0;
            int end = text.LastIndexOf(' ', room, room - least + 1 > 0 ? room - least + 1 : 1);
            // A word that is longer than a line goes over it: an address that is cut cannot be copied.
            if (end <= least) end = text.IndexOf(' ', Math.Max(room, least));
            if (end < 0) break;
            yield return margin + text[..end].TrimEnd();
            text = text[end..].TrimStart();
            margin = new string(' ', indent);
        }

        if (text.Length > 0) yield return margin + text;
    }
}
