using UserProxy.Scenarios.Report.Charts;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report.Html;

/// <summary>One scenario on the page: its first metric as a chart with its table beside it, the others as charts, and their tables on demand.</summary>
internal sealed class ScenarioSection(Markup page, BenchReport report, ScenarioResult scenario)
{
    /// <summary>So many points have room beside a chart; with more, the table on demand must do.</summary>
    private const int MostColumns = 5;

    public void Write()
    {
        page.Open("section");
        page.Element("h3", scenario.Title);
        page.Open("p", ("class", "soft"));
        page.Element("code", scenario.Name);
        page.Text($": {scenario.Method}");
        page.Close();
        if (scenario.Command.Length > 0) page.Element("pre", scenario.Command);

        var metrics = scenario.Metrics.Where(
            metric => metric.Points.Count > 0).Select(metric => (Metric: metric, Points: Standings.Of(report, metric), Units: Units.For(metric))).ToList();
        if (metrics.Count == 0) page.Element("p", "Nothing was measured.", ("class", "missing"));
        if (metrics.Count > 0) WriteFirst(metrics[0].Metric, metrics[0].Points, metrics[0].Units);
        if (metrics.Count > 1)
        {
            page.Open("div", ("class", "charts"));
            foreach (var (metric, points, units) in metrics.Skip(1)) Chart(metric, points, units);
            page.Close();
        }

        // A growing metric has too many numbers to stand beside its chart.
        var tables = metrics.Where((one, number) => number > 0 || one.Points.Count > 1).ToList();
        if (tables.Count > 0)
        {
            page.Open("details");
            page.Element("summary", $"All numbers of {string.Join(", ", tables.Select(one => one.Metric.Name))}");
            foreach (var (metric, points, units) in tables)
            {
                page.Element("h4", Wording.Caption(units, metric));
                Table(metric, points, units);
            }

            page.Close();
        }

        page.Close();
    }

    private void WriteFirst(MetricResult metric, IReadOnlyList<Standings> points, Units units)
    {
        page.Open("div", ("class", "pair"));
        Chart(metric, points, units);
        if (points.Count == 1) Table(metric, points, units);
        else if (points.Count <= MostColumns) Matrix(metric, points, units);
        page.Close();
    }

    private void Chart(MetricResult metric, IReadOnlyList<Standings> points, Units units)
    {
        page.Open("figure");
        if (points.Count == 1) BarChart.Write(page, metric, points[0], units);
        else
        {
            LineChart.Write(page, report.Paths, metric, points, units);
            var silent = points.SelectMany(point => point.All).GroupBy(one => one.Path).Where(path => path.All(one => !one.HasValue));
            foreach (var path in silent) page.Element("p", $"{path.Key.Label}: {path.First().Sample.Failure}", ("class", "missing"));
        }

        page.Close();
    }

    /// <summary>Paths by points, each with what it is of direct.</summary>
    private void Matrix(MetricResult metric, IReadOnlyList<Standings> points, Units units)
    {
        page.Open("table", ("class", "wide"));
        page.Open("tr");
        page.Element("th", metric.Axis ?? "");
        foreach (var point in points) page.Element("th", Figures.Tick(point.At), ("class", "number"));
        page.Close();
        foreach (var path in report.Paths)
        {
            var cells = points.Select(point => point.All.FirstOrDefault(one => one.Path == path)).ToList();
            if (cells.All(cell => cell is null)) continue;
            page.Open("tr", ("class", path.Kind == PathKind.Own ? "own-row" : null));
            page.Element("td", path.Label, ("class", "path"));
            foreach (var cell in cells)
            {
                page.Open("td", ("class", "number"));
                page.Text(cell is { HasValue: true } ? units.Text(cell.Sample.Median) : "-");
                if (cell is { HasValue: true }) page.Element("small", units.Range(cell.Sample));
                if (cell?.OfDirect is { Verdict: not Verdict.Itself } ratio) page.Element("small", $"{ratio} of direct");
                page.Close();
            }

            page.Close();
        }

        page.Close();
    }

    /// <summary>A row for each path at each point, with everything; one line each, as in the chart.</summary>
    private void Table(MetricResult metric, IReadOnlyList<Standings> points, Units units)
    {
        bool grows = points.Count > 1;
        page.Open("table", ("class", "wide"));
        page.Open("tr");
        if (grows) page.Element("th", metric.Axis ?? "", ("class", "number"));
        page.Element("th", "path");
        foreach (string head in (string[])["median", "min-max", "of direct", "of iptables", "of best peer"])
            page.Element("th", head, ("class", head is "min-max" or "of direct" ? "number wide-only" : "number"));
        page.Close();
        foreach (var point in points)
        {
            foreach (var row in point.All) Row(row, units, grows ? Figures.Tick(point.At) : null);
        }

        page.Close();
    }

    private void Row(Standing row, Units units, string? at)
    {
        page.Open("tr", ("class", row.Path.Kind == PathKind.Own ? "own-row" : null));
        if (at is not null) page.Element("td", at, ("class", "number"));
        page.Element("td", row.Path.Label, ("class", "path"));
        if (!row.HasValue)
        {
            page.Element("td", row.Sample.Failure ?? "", ("class", "failure"), ("colspan", 5));
            page.Close();
            return;
        }

        page.Element("td", units.Text(row.Sample.Median), ("class", "number"));
        string range = units.Range(row.Sample);
        page.Element("td", range, ("class", range.Contains(' ') ? "number range wide-only" : "number wide-only"));
        RatioCell.Write(page, row.OfDirect, isCeiling: true);
        RatioCell.Write(page, row.OfIptables);
        RatioCell.Write(page, row.OfBestPeer);
        page.Close();
        if (row.Sample.Failure is not { } failure) return;
        page.Open("tr");
        page.Element("td", $"{row.Path.Label}: {failure}", ("class", "failure"), ("colspan", at is null ? 6 : 7));
        page.Close();
    }
}
