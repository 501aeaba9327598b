using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace UserProxy.ConformanceTests.Report;

/// <summary>
/// What all cases of a run have seen. Cases add rows as they go; <see cref="Program"/> prints it, and the fixture writes it to the file that
/// <see cref="RunSettings.Report"/> names.
/// </summary>
internal static class ReportTable
{
    private static readonly ConcurrentQueue<ReportRow> Rows = [];

    public static void Add(ReportRow row) => Rows.Enqueue(row);

    public static string Print()
    {
        var text = new StringBuilder();
        var rows = Rows.ToList();
        int step = Widest(rows, "asked", row => row.Step), expected = Widest(rows, "expected", row => row.Expected);
        var cases = rows.GroupBy(row => row.Case).OrderBy(seen => seen.Key, StringComparer.Ordinal).ToList();
        text.AppendLine($"case{Environment.NewLine}      {"asked".PadRight(step)}  {"expected".PadRight(expected)}  seen");
        foreach (var seen in cases)
        {
            text.AppendLine(seen.Key);
            foreach (var row in seen)
                text.AppendLine($"{(row.Holds ? "" : "FAIL"),-4}  {row.Step.PadRight(step)}  {row.Expected.PadRight(expected)}  {row.Seen}");
        }

        int failed = cases.Count(seen => seen.Any(row => !row.Holds));
        text.AppendLine(CultureInfo.InvariantCulture, $"{cases.Count - failed} cases as expected, {failed} not");
        return text.ToString();
    }

    private static int Widest(List<ReportRow> rows, string title, Func<ReportRow, string> cell) =>
        rows.Select(row => cell(row).Length).Append(title.Length).Max();
}
