using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Xunit.Sdk;

namespace UserProxy.ConformanceTests.Report;

/// <summary>
/// What all cases of a run have seen. Cases add rows as they go; <see cref="Program"/> prints it, and the fixture writes it to the file that
/// <see cref="RunSettings.Report"/> names.
/// </summary>
internal static class ReportTable
{
    private static readonly ConcurrentQueue<ReportRow> Rows = [];
    private static readonly ConcurrentDictionary<string, string> Skipped = []; // reasons, by the ids of the cases

    /// <summary>Who asked whom.</summary>
    public static string Head { get; set; } = "";

    public static void Add(ReportRow row) => Rows.Enqueue(row);

    /// <summary>What ends the case that runs now, as it cannot be asked; xunit does not tell a case afterwards why it was skipped.</summary>
    public static SkipException Skip(string reason)
    {
        Skipped[TestContext.Current.Test!.UniqueID] = reason;
        return SkipException.ForSkip(reason);
    }

    public static string ReasonOf(ITest test) => Skipped.GetValueOrDefault(test.UniqueID, "");

    public static bool HasFailed(string name) => Rows.Any(row => row.Case == name && row.Outcome == ReportRow.Result.Fails);

    public static string Print()
    {
        var text = new StringBuilder();
        var rows = Rows.ToList();
        int step = Widest(rows, "asked", row => row.Step), expected = Widest(rows, "expected", row => row.Expected);
        var cases = rows.GroupBy(row => row.Case).OrderBy(seen => seen.Key, StringComparer.Ordinal).ToList();
        int failed = cases.Count(seen => seen.Any(row => row.Outcome == ReportRow.Result.Fails));
        int unasked = cases.Count(seen => seen.All(row => row.Outcome == ReportRow.Result.NotAsked));
        if (Head.Length > 0) text.AppendLine(Head);
        var reasons = rows.Where(row => row.Outcome == ReportRow.Result.NotAsked).GroupBy(row => row.Seen).OrderByDescending(row => row.Count()).ToList();
        if (reasons.Count > 0) text.AppendLine(CultureInfo.InvariantCulture, $"Not asked: {unasked} cases, and single looks of others.");
        foreach (var reason in reasons) text.AppendLine(CultureInfo.InvariantCulture, $"{reason.Count(),6}  {reason.Key}");
        text.AppendLine($"case{Environment.NewLine}      {"asked".PadRight(step)}  {"expected".PadRight(expected)}  seen");
        foreach (var seen in cases)
        {
            text.AppendLine(seen.Key);
            foreach (var row in seen)
                text.AppendLine($"{MarkOf(row),-4}  {row.Step.PadRight(step)}  {row.Expected.PadRight(expected)}  {row.Seen}".TrimEnd());
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"{cases.Count - failed - unasked} cases as expected, {failed} not, {unasked} not asked");
        return text.ToString();
    }

    private static string MarkOf(ReportRow row) => row.Outcome switch
    {
        ReportRow.Result.Fails => "FAIL",
        ReportRow.Result.NotAsked => "skip",
        _ => "",
    };

    private static int Widest(List<ReportRow> rows, string title, Func<ReportRow, string> cell) =>
        rows.Select(row => cell(row).Length).Append(title.Length).Max();
}
