namespace UserProxy.App.CommandLine;

/// <summary>
/// Help for a terminal: lines are broken between words alone. The library breaks wherever a column ends, and a placeholder that is cut cannot be read. Used by
/// <see cref="HelpWithExamples"/>.
/// </summary>
/// <param name="width">Columns of the terminal.</param>
internal sealed class HelpLayout(int width)
{
    private const int Margin = 2, Gap = 2, Remark = 6;

    private static readonly string[] Tables = ["Arguments:", "Options:", "Commands:"];

    /// <param name="lines">As long as they are, a row of a table each.</param>
    public IEnumerable<string> Of(IEnumerable<string> lines)
    {
        var rows = new List<(string Label, string Text)>();
        bool isTable = false;
        foreach (string line in lines)
        {
            bool isRow = isTable && line.StartsWith(' ');
            if (isRow)
            {
                rows.Add(Split(line));
                continue;
            }

            foreach (string laidOut in Table(rows)) yield return laidOut;
            rows.Clear();
            isTable = Tables.Contains(line);
            foreach (string part in new Screen(width, HasColour: false).Wrap(line, Margin)) yield return part;
        }

        foreach (string laidOut in Table(rows)) yield return laidOut;
    }

    /// <summary>Commands stay whole, to be copied; what is said below them is broken anew where it does not fit.</summary>
    /// <param name="lines">Commands, and below each its remark, further in.</param>
    public IEnumerable<string> Examples(IReadOnlyList<string> lines)
    {
        string margin = new(' ', Remark);
        for (int at = 0; at < lines.Count;)
        {
            var remark = lines.Skip(at).TakeWhile(line => line.StartsWith(margin, StringComparison.Ordinal)).ToList();
            if (remark.Count == 0)
            {
                yield return lines[at++];
                continue;
            }

            at += remark.Count;
            bool fits = remark.TrueForAll(line => line.Length <= width);
            string whole = margin + string.Join(' ', remark.Select(line => line.Trim()));
            foreach (string line in fits ? remark : new Screen(width, HasColour: false).Wrap(whole, Remark)) yield return line;
        }
    }

    private static (string Label, string Text) Split(string line)
    {
        int gap = line.IndexOf(new string(' ', Gap), Margin, StringComparison.Ordinal);
        return gap < 0 ? (line.Trim(), "") : (line[..gap].Trim(), line[gap..].Trim());
    }

    private IEnumerable<string> Table(List<(string Label, string Text)> rows)
    {
        if (rows.Count == 0) yield break;
        // As the library: the names have half of a line at most.
        int room = Math.Min(rows.Max(row => row.Label.Length), (width / 2) - Margin - Gap);
        foreach (var (label, text) in rows)
        {
            foreach (string line in Row(label, text, room)) yield return line;
        }
    }

    private IEnumerable<string> Row(string label, string text, int room)
    {
        int column = Margin + room + Gap;
        var left = Words(label, room);
        var right = Words(text, width - column);
        // Beside a word that is longer than its column there is no room.
        int crowded = left.FindLastIndex(part => part.Length > room) + 1;
        right.InsertRange(0, Enumerable.Repeat("", crowded));
        for (int i = 0; i < Math.Max(left.Count, right.Count); i++)
        {
            string name = i < left.Count ? left[i] : "", says = i < right.Count ? right[i] : "";
            yield return $"{new string(' ', Margin)}{name.PadRight(room)}{new string(' ', Gap)}{says}".TrimEnd();
        }
    }

    private static List<string> Words(string text, int room) => [.. new Screen(room, HasColour: false).Wrap(text, indent: 0)];
}
