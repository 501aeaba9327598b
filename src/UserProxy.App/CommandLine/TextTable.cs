using System.Globalization;
using UserProxy.Model;

namespace UserProxy.App.CommandLine;

/// <summary>
/// Rows under headers in the way of kubectl: columns as wide as their widest cell, numbers to the right. On a terminal that is too narrow the gaps shrink, then
/// the least telling columns go, then names are shortened in the middle. No row is longer than the terminal; a column of prose stands below its rows where it
/// does not fit beside them. A pipe gets all of it.
/// </summary>
internal sealed class TextTable(params string[] headers)
{
    private const int WideGap = 3, NarrowGap = 2, ProseIndent = 4;

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
    private readonly List<int> _dropLast = [];
    private readonly Dictionary<int, (int Into, Func<string, string, string> Join)> _folds = [];
    private readonly Dictionary<int, Func<string, Tone>> _tones = [];
    private int? _prose;
    private int _shortName = ShortName;

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

    /// <summary>Headers of columns that go when nothing else can be shortened, the first one first.</summary>
    public TextTable DropLast(params string[] columns)
    {
        _dropLast.AddRange(columns.Select(header => Array.IndexOf(headers, header)));
        return this;
    }

    /// <summary>A column that goes leaves what it says in another: <paramref name="join"/> makes that cell of its own and the one that goes.</summary>
    public TextTable Fold(string gone, string into, Func<string, string, string> join)
    {
        _folds.Add(Array.IndexOf(headers, gone), (Array.IndexOf(headers, into), join));
        return this;
    }

    /// <summary>The header of a column of sentences, which are never cut: where a line does not fit they are below their rows.</summary>
    public TextTable Prose(string header)
    {
        _prose = Array.IndexOf(headers, header);
        return this;
    }

    /// <summary>What a name is given before more columns go, where it is less than usual.</summary>
    public TextTable ShortNames(int length)
    {
        _shortName = length;
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
        // A column that goes writes into another: into a copy, as the next terminal may be wider.
        List<string[]> rows = [.. _rows.Select(row => (string[])row.Clone())];
        int[] widths = [.. headers.Select((_, column) => WidthOf(rows, column))];
        var columns = Enumerable.Range(0, headers.Length).Where(column => !_hidden.Contains(column)).ToList();
        int gap = screen.Width is { } width ? Fit(rows, columns, widths, width) : WideGap;
        Write(output, headers, columns, widths, gap, Screen.None with { Width = screen.Width });
        foreach (var row in rows)
        {
            Write(output, row, columns, widths, gap, screen);
            if (_prose is not { } prose || columns.Contains(prose) || _hidden.Contains(prose) || row[prose] is "" or "-") continue;
            foreach (string line in screen.Wrap(new string(' ', ProseIndent) + row[prose], ProseIndent)) output.WriteLine(line);
        }
    }

    private int WidthOf(List<string[]> rows, int column) => rows.Select(row => row[column].Length).Append(headers[column].Length).Max();

    /// <summary>Takes columns and widths away until a line fits, and returns the gap.</summary>
    private int Fit(List<string[]> rows, List<int> columns, int[] widths, int width)
    {
        if (Length(widths, WideGap) <= width) return WideGap;
        if (_prose is { } prose && Length(widths, NarrowGap) > width) columns.Remove(prose);
        foreach (int column in _leastTelling)
        {
            if (Length(Least(_shortName, ShortAddress), NarrowGap) <= width) break;
            if (!columns.Remove(column) || !_folds.TryGetValue(column, out var fold)) continue;
            foreach (string[] row in rows) row[fold.Into] = fold.Join(row[fold.Into], row[column]);
            widths[fold.Into] = WidthOf(rows, fold.Into);
        }

        foreach (int column in _dropLast.TakeWhile(_ => Length(Least(ShortestName, ShortestName), NarrowGap) > width)) columns.Remove(column);
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

        int[] Least(int name, int address) =>
        [
            .. widths.Select((wide, column) => Math.Min(
                wide, Math.Max(_names.Contains(column) ? name : _addresses.Contains(column) ? address : int.MaxValue, headers[column].Length))),
        ];

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
