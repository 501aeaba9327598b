namespace UserProxy.App.CommandLine;

/// <summary>Rows under headers in the way of kubectl: columns as wide as their widest cell, three blanks between them, numbers to the right.</summary>
internal sealed class TextTable(params string[] headers)
{
    private const string Gap = "   ";

    private readonly List<string[]> _rows = [];
    private readonly HashSet<int> _rightAligned = [];

    public bool IsEmpty => _rows.Count == 0;

    /// <summary>Headers of columns that hold numbers.</summary>
    public TextTable Right(params string[] numbers)
    {
        foreach (string number in numbers) _rightAligned.Add(Array.IndexOf(headers, number));
        return this;
    }

    public void Add(params string[] cells) => _rows.Add([.. cells.Select(PrintedLine.Of)]);

    public void Write(TextWriter output)
    {
        var widths = headers.Select((header, column) => _rows.Select(row => row[column].Length).Append(header.Length).Max()).ToArray();
        Write(output, headers, widths);
        foreach (var row in _rows) Write(output, row, widths);
    }

    private void Write(TextWriter output, string[] cells, int[] widths)
    {
        string line = string.Join(
            Gap, cells.Select((cell, column) => _rightAligned.Contains(column) ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column])));
        output.WriteLine(line.TrimEnd());
    }
}
