using System.Globalization;
using UserProxy.Model;

namespace UserProxy.App.CommandLine;

/// <summary>
/// Rows under headers in the way of kubectl: columns as wide as their widest cell, numbers to the right. On a terminal that is too narrow the gaps shrink, then
/// the least telling columns go, then names are shortened in the middle: no line is folded. A pipe gets all of it.
/// </summary>
internal sealed class TextTable(params string[] headers)
{
    private const int WideGap = 3, NarrowGap = 2;

    /// <summary>What a name is given before more columns go.</summary>
    private const int ShortName = 16, ShortAddress = 22;

    /// <summary>Shorter than that a name says nothing.</summary>
    private const int ShortestName = 8;

    private readonly List<string[]> _rows = [];
    private readonly HashSet<int> _rightAligned = [];
    private readonly HashSet<int> _names = [];
    private readonly HashSet<int> _addresses = [];
    private readonly HashSet<int> _hidden = [];
    private readonly List<int> _leastTelling = [];
    private readonly Dictionary<int, Func<string, Tone>> _tones = [];

    public bool IsEmpty => _rows.Count == 0;

    /// <summary>What <see cref="SortBy"/> takes.</summary>
    public IEnumerable<string> Columns => headers.Select(header => header.ToLowerInvariant());

    /// <summary>Headers of columns that hold numbers.</summary>
    public TextTable Right(params string[] numbers) => Mark(_rightAligned.Add, numbers);

    /// <summary>Headers of columns that may be shortened in the middle.</summary>
    public TextTable Names(params string[] names) => Mark(_names.Add, names);

    /// <summary>As <see cref="Names"/>, but after them: an address that is cut cannot be copied.</summary>
    public TextTable Addresses(params string[] addresses) => Mark(_addresses.Add, addresses);

    /// <summary>Headers of columns that a narrow terminal does without, the first one first. Those that are not there do not matter.</summary>
    public TextTable Drop(params string[] leastTelling)
    {
        _leastTelling.AddRange(leastTelling.Select(header => Array.IndexOf(headers, header)).Where(column => column >= 0));
        return this;
    }

    public TextTable Hide(string header) => Mark(_hidden.Add, header);

    public TextTable Colour(string header, Func<string, Tone> tone)
    {
        _tones.Add(Array.IndexOf(headers, header), tone);
        return this;
    }

    public void Add(params string[] cells) => _rows.Add([.. cells.Select(PrintedLine.Of)]);

    /// <summary>Numbers and times from the largest, text from A; rows that are alike stay as they were. False: there is no such column.</summary>
    public bool SortBy(string column)
    {
        int at = Array.FindIndex(headers, header => header.Equals(column, StringComparison.OrdinalIgnoreCase));
        if (at < 0) return false;
        var sorted = _rightAligned.Contains(at)
            ? _rows.OrderByDescending(row => NumberOf(row[at]))
            : _rows.OrderBy(row => row[at], StringComparer.Ordinal);
        var rows = sorted.ToList();
        _rows.Clear();
        _rows.AddRange(rows);
        return true;
    }

    public void Write(TextWriter output) => Write(output, Screen.None);

    public void Write(TextWriter output, Screen screen)
    {
        var widths = headers.Select((header, column) => _rows.Select(row => row[column].Length).Append(header.Length).Max()).ToArray();
        var columns = Enumerable.Range(0, headers.Length).Where(column => !_hidden.Contains(column)).ToList();
        int gap = screen.Width is { } width ? Fit(columns, widths, width) : WideGap;
        Write(output, headers, columns, widths, gap, Screen.None with { Width = screen.Width });
        foreach (var row in _rows) Write(output, row, columns, widths, gap, screen);
    }

    /// <summary>Takes columns and widths away until a line fits, and returns the gap.</summary>
    private int Fit(List<int> columns, int[] widths, int width)
    {
        if (Length(widths, WideGap) <= width) return WideGap;
        int[] least = [.. widths.Select((wide, column) => Math.Min(wide, Math.Max(LeastOf(column), headers[column].Length)))];
        foreach (int column in _leastTelling.TakeWhile(_ => Length(least, NarrowGap) > width)) columns.Remove(column);
        foreach (var kind in (HashSet<int>[])[_names, _addresses])
        {
            while (Length(widths, NarrowGap) > width)
            {
                int widest = columns.Where(column => kind.Contains(column) && widths[column] > Math.Max(ShortestName, headers[column].Length))
                    .OrderByDescending(column => widths[column]).FirstOrDefault(-1);
                if (widest < 0) break;
                widths[widest]--;
            }
        }

        return NarrowGap;

        int Length(int[] wide, int gap) => columns.Sum(column => wide[column]) + (gap * (columns.Count - 1));
    }

    private void Write(TextWriter output, string[] cells, List<int> columns, int[] widths, int gap, Screen screen)
    {
        var parts = columns.Select(column => (Column: column, Text: Shorten(cells[column], widths[column]))).ToList();
        int last = parts.FindLastIndex(part => part.Text.Length > 0);
        string line = "";
        int length = 0;
        foreach (var (column, text) in parts.Take(last + 1))
        {
            string blanks = new(' ', widths[column] - text.Length);
            int room = (screen.Width ?? int.MaxValue) - length;
            if (room <= 0) break;
            // A terminal folds what is longer, and then no column stands under its header.
            string fitting = text.Length > room ? text[..room] : text;
            string shown = screen.Paint(fitting, _tones.TryGetValue(column, out var tone) ? tone(cells[column]) : Tone.None);
            bool isLast = column == parts[last].Column;
            line += _rightAligned.Contains(column) ? blanks + shown : isLast ? shown : shown + blanks;
            length += widths[column] + gap;
            if (!isLast) line += new string(' ', gap);
        }

        output.WriteLine(line.TrimEnd());
    }

    private int LeastOf(int column) => _names.Contains(column) ? ShortName : _addresses.Contains(column) ? ShortAddress : int.MaxValue;

    private static string Shorten(string text, int width)
    {
        if (text.Length <= width) return text;
        int end = (width - 1) / 2;
        return $"{text[..(width - 1 - end)]}…{text[^end..]}";
    }

    private static double NumberOf(string cell) =>
        double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number
        : GoDuration.TryParse(cell, out var time) ? time.TotalSeconds
        : double.NegativeInfinity;

    private TextTable Mark(Func<int, bool> add, params string[] marked)
    {
        foreach (string header in marked) add(Array.IndexOf(headers, header));
        return this;
    }
}
