using UserProxy.Scenarios.Report.Html;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report.Charts;

/// <summary>
/// A bar for each path: its median, a whisker from least to most, both as text beside it, and the ceiling as a line through all of them. A path without a value
/// says why.
/// </summary>
internal static class BarChart
{
    public const double Width = 580;

    private const double RowHeight = 26;
    private const double BarHeight = 14;
    private const double MostForNames = 150;
    private const double MostForValues = 230;
    private const double Gap = 10;

    public static void Write(Markup page, MetricResult metric, Standings point, Units units)
    {
        var rows = point.All;
        var texts = rows.Select(row => row.HasValue ? ValueText(row.Sample, units) : "").ToList();
        double names = Math.Min(MostForNames, rows.Select(row => TextWidth.Of(row.Path.Label)).DefaultIfEmpty(0).Max());
        double values = Math.Min(MostForValues, texts.Select(TextWidth.Of).DefaultIfEmpty(0).Max());
        double left = names + Gap, right = Width - values - Gap, bottom = rows.Count * RowHeight;
        var scale = Scale.Linear(Spread.TopOf(rows.Select(row => row.Sample)) / units.PerShown, left, right);

        page.Open(
            "svg", ("class", "chart"), ("viewBox", $"0 0 {Width} {bottom + 44}"), ("width", Width), ("height", bottom + 44), ("role", "img"),
            ("aria-label", $"{metric.Name} by path"));
        WriteAxis(page, scale, left, right, bottom);
        for (int i = 0; i < rows.Count; i++) WriteBar(page, rows[i], scale, units, (i + 0.5) * RowHeight, left);
        string? ceiling = WriteCeiling(page, point, scale, units, bottom);
        for (int i = 0; i < rows.Count; i++)
        {
            double baseline = ((i + 0.5) * RowHeight) + 4;
            Label(
                page, rows[i].Path.Label, names, ("class", rows[i].Path.Kind == PathKind.Own ? "own-name" : null), ("x", left - Gap), ("y", baseline),
                ("text-anchor", "end"));
            if (rows[i].HasValue) page.Element("text", TextWidth.Fit(texts[i], values), ("x", right + Gap), ("y", baseline));
            else Label(page, rows[i].Sample.Failure ?? "", Width - left - 4, ("class", "missing"), ("x", left + 4), ("y", baseline));
        }

        page.Element(
            "text", TextWidth.Fit(Wording.Caption(units, metric, more: ceiling), Width - 4), ("class", "axis-title"), ("x", 2), ("y", bottom + 38));
        page.Close();
    }

    private static string ValueText(Sample sample, Units units)
    {
        string median = units.Text(sample.Median), range = units.Range(sample);
        return range == median ? median : $"{median} ({range})";
    }

    private static void WriteAxis(Markup page, Scale scale, double left, double right, double bottom)
    {
        double widest = scale.Ticks(3).Max(tick => TextWidth.Of(Figures.Tick(tick)));
        int most = Math.Clamp((int)((right - left) / (widest + 24)) + 1, 2, 8);
        foreach (double tick in scale.Ticks(most))
        {
            page.Empty("line", ("class", "grid"), ("x1", scale.At(tick)), ("x2", scale.At(tick)), ("y1", 0), ("y2", bottom + 4));
            page.Element("text", Figures.Tick(tick), ("class", "tick"), ("x", scale.At(tick)), ("y", bottom + 18), ("text-anchor", "middle"));
        }
    }

    private static void WriteBar(Markup page, Standing row, Scale scale, Units units, double middle, double left)
    {
        if (!row.HasValue) return;
        double median = row.Sample.Median / units.PerShown, at = scale.At(median);
        page.Empty(
            "rect", ("class", ChartClass.Of(row.Path)), ("x", left), ("y", middle - (BarHeight / 2)), ("width", Math.Max(1, at - left)), ("height", BarHeight),
            ("rx", 2));
        if (scale.IsBeyond(median)) Arrow(page, "cut", at, middle);
        else WriteWhisker(page, row.Sample, scale, units, middle);
    }

    private static void WriteWhisker(Markup page, Sample sample, Scale scale, Units units, double middle)
    {
        double most = sample.Max / units.PerShown, from = scale.At(sample.Min / units.PerShown), to = scale.At(most);
        if (to - from < 1) return;
        page.Empty("line", ("class", "whisker"), ("x1", from), ("x2", to), ("y1", middle), ("y2", middle));
        page.Empty("line", ("class", "whisker"), ("x1", from), ("x2", from), ("y1", middle - 4), ("y2", middle + 4));
        // Cut: an arrow instead of an end.
        if (scale.IsBeyond(most)) Arrow(page, "arrow", to, middle);
        else page.Empty("line", ("class", "whisker"), ("x1", to), ("x2", to), ("y1", middle - 4), ("y2", middle + 4));
    }

    private static void Arrow(Markup page, string kind, double x, double y) =>
        page.Empty("path", ("class", kind), ("d", FormattableString.Invariant($"M{x - 7:0.#},{y - 4:0.#} l7,4 l-7,4 z")));

    /// <summary>Over the bars and under the texts. Returns what is said of it.</summary>
    private static string? WriteCeiling(Markup page, Standings point, Scale scale, Units units, double bottom)
    {
        if (point.Direct is not var (direct, sample)) return null;
        double x = scale.At(sample.Median / units.PerShown);
        page.Empty("line", ("class", "ceiling"), ("x1", x), ("x2", x), ("y1", 0), ("y2", bottom));
        return $"and the dashed line is {direct.Label}";
    }

    /// <summary>What does not fit is in the tip that browsers show.</summary>
    private static void Label(Markup page, string text, double room, params ReadOnlySpan<(string Name, object? Value)> attributes)
    {
        string fitted = TextWidth.Fit(text, room);
        page.Open("text", attributes);
        page.Text(fitted);
        if (fitted != text) page.Element("title", text);
        page.Close();
    }
}
