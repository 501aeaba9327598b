using System.Globalization;
using UserProxy.Scenarios.Report.Charts;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report.Html;

/// <summary>
/// report.html: one file that needs nothing else, no script and no network. At a glance, then each scenario with charts and tables, then what is needed to
/// repeat it. Written by <see cref="ReportFiles"/>.
/// </summary>
internal sealed class HtmlReport
{
    private readonly Markup _page;
    private readonly BenchReport _report;
    private readonly Comparison? _comparison;
    private readonly Overhead? _overhead;

    private HtmlReport(TextWriter output, BenchReport report, Comparison? comparison)
    {
        _page = new Markup(output);
        _report = report;
        _comparison = comparison;
        _overhead = Overhead.Of(report);
    }

    public static void Write(TextWriter output, BenchReport report, Comparison? comparison = null) => new HtmlReport(output, report, comparison).Write();

    private void Write()
    {
        _page.Raw("<!DOCTYPE html>\n");
        _page.Open("html", ("lang", "en"));
        WriteHead();
        _page.Open("body");
        _page.Open("main");
        WriteTop();
        WriteGlance();
        WriteOverhead();
        WriteComparison();
        int number = 0;
        foreach (var group in Groups())
        {
            _page.Element("h2", group.Key, ("id", $"group-{number++}"));
            foreach (var scenario in group) new ScenarioSection(_page, _report, scenario).Write();
        }

        WriteSetup();
        _page.Close();
        _page.Close();
        _page.Close();
    }

    private void WriteHead()
    {
        _page.Open("head");
        _page.Empty("meta", ("charset", "utf-8"));
        _page.Empty("meta", ("http-equiv", "Content-Security-Policy"), ("content", PageStyle.Policy));
        _page.Empty("meta", ("name", "viewport"), ("content", "width=device-width, initial-scale=1"));
        _page.Element("title", $"{Wording.Title}, {_report.StartedAt.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}");
        _page.Raw($"<style>{PageStyle.Css}</style>\n");
        _page.Close();
    }

    private void WriteTop()
    {
        _page.Element("h1", Wording.Title);
        _page.Element("p", Headline.Of(_report), ("class", "headline"));
        WriteHeadlineChart();
        _page.Element(
            "p", $"{Wording.When(_report)}. {Wording.Bed(_report.Machine)}.",
            ("class", "soft"));
        _page.Element("pre", _report.Command);
        if (_report.Notes.Count > 0)
        {
            _page.Open("ul");
            foreach (string note in _report.Notes) _page.Element("li", note);
            _page.Close();
        }

        _page.Open("nav");
        _page.Open("ul");
        Link("glance", "At a glance");
        if (_overhead is not null) Link("overhead", Overhead.Title);
        if (_comparison is not null) Link("comparison", _comparison.Title);
        int number = 0;
        foreach (var group in Groups()) Link($"group-{number++}", group.Key);
        Link("setup", "Paths, machine, versions");
        _page.Close();
        _page.Close();

        void Link(string id, string text)
        {
            _page.Open("li");
            _page.Element("a", text, ("href", "#" + id));
            _page.Close();
        }
    }

    private void WriteHeadlineChart()
    {
        var lines = HeadlineChart.LinesOf(_report);
        if (Glance.OwnPath(_report) is not { } own || lines.Count == 0) return;
        string caption = Wording.HeadlineCaption(own);
        _page.Open("figure", ("class", "headline"));
        HeadlineChart.Write(_page, lines, caption);
        _page.Element("p", caption, ("class", "soft"));
        _page.Close();
    }

    private void WriteGlance()
    {
        _page.Element("h2", "At a glance", ("id", "glance"));
        foreach (string sentence in Wording.HowToRead) _page.Element("p", sentence, ("class", "soft"));
        _page.Open("table", ("class", "wide"));
        _page.Open("tr");
        _page.Element("th", "scenario");
        foreach (string head in (string[])["direct", "iptables", "best peer"]) _page.Element("th", head, ("class", "number wide-only"));
        _page.Element("th", Glance.OwnPath(_report)?.Title ?? "userproxy", ("class", "number"));
        _page.Element("th", "of direct", ("class", "number wide-only"));
        foreach (string head in (string[])["of iptables", "of best peer"]) _page.Element("th", head, ("class", "number"));
        _page.Close();
        foreach (var line in Glance.Of(_report))
        {
            _page.Open("tr");
            _page.Open("td");
            _page.Text(line.Scenario.Title);
            _page.Element("small", $"{line.What}; {Wording.Direction(line.Metric.Better)}");
            _page.Close();
            _page.Element("td", line.Text(line.Point.Direct), ("class", "number wide-only"));
            _page.Element("td", line.Text(line.Point.KubeProxy), ("class", "number wide-only"));
            Named(line.Text(line.Point.BestPeer), line.Point.BestPeer?.Path);
            _page.Element("td", line.Text(line.Own), ("class", "number"));
            RatioCell.Write(_page, line.Own?.OfDirect, isCeiling: true, withRange: true);
            RatioCell.Write(_page, line.Own?.OfIptables, withRange: true);
            RatioCell.Write(_page, line.Own?.OfBestPeer, withRange: true);
            _page.Close();
        }

        _page.Close();

        void Named(string value, PathInfo? path)
        {
            _page.Open("td", ("class", "number wide-only"));
            _page.Text(value);
            if (path is not null) _page.Element("small", path.Name);
            _page.Close();
        }
    }

    private void WriteOverhead()
    {
        if (_overhead is null) return;
        _page.Element("h2", Overhead.Title, ("id", "overhead"));
        _page.Element("p", Overhead.Method, ("class", "soft"));
        Table([.. Overhead.Heads], _overhead.Cells());
    }

    private void WriteComparison()
    {
        if (_comparison is null) return;
        _page.Element("h2", _comparison.Title, ("id", "comparison"));
        foreach (string sentence in _comparison.Sentences()) _page.Element("p", sentence, ("class", "soft"));
        Table([.. Comparison.Heads], Comparison.Cells(_comparison.Rows.Where(row => row.IsFirst)), wide: true);
        _page.Open("details");
        _page.Element("summary", "All other rows");
        Table([.. Comparison.Heads], Comparison.Cells(_comparison.Rows.Where(row => !row.IsFirst)), wide: true);
        _page.Close();
    }

    private void WriteSetup()
    {
        _page.Element("h2", "Paths, machine, versions", ("id", "setup"));
        Table(["path", "name", "how it was set up"], _report.Paths.Select(path => (string[])[path.Label, path.Name, path.Setup]), wide: true);
        _page.Open("div", ("class", "columns"));
        Table(["machine", ""], Wording.Facts(_report.Machine).Select(fact => (string[])[fact.Name, fact.Value]));
        Table(["program", "version"], _report.Tools.OrderBy(tool => tool.Key, StringComparer.Ordinal).Select(tool => (string[])[tool.Key, tool.Value]));
        _page.Close();
    }

    private void Table(string[] heads, IEnumerable<IReadOnlyList<string>> rows, bool wide = false)
    {
        _page.Open("table", ("class", wide ? "wide" : null));
        _page.Open("tr");
        foreach (string head in heads) _page.Element("th", head);
        _page.Close();
        foreach (var row in rows)
        {
            _page.Open("tr");
            foreach (string cell in row) _page.Element("td", cell);
            _page.Close();
        }

        _page.Close();
    }

    private IEnumerable<IGrouping<string, ScenarioResult>> Groups() => _report.Scenarios.GroupBy(scenario => scenario.Group);
}
