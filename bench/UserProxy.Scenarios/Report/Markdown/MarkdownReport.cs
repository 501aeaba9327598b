using System.Text;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report.Markdown;

/// <summary>report.md: what is looked at first, then every number in tables, for a repository and for diffs. Written by <see cref="ReportFiles"/>.</summary>
internal sealed class MarkdownReport
{
    private const int Columns = 120;

    private readonly TextWriter _output;
    private readonly BenchReport _report;
    private readonly Comparison? _comparison;

    private MarkdownReport(TextWriter output, BenchReport report, Comparison? comparison)
    {
        _output = output;
        _report = report;
        _comparison = comparison;
    }

    public static void Write(TextWriter output, BenchReport report, Comparison? comparison = null) => new MarkdownReport(output, report, comparison).Write();

    private void Write()
    {
        Paragraph($"# {Wording.Title}");
        Paragraph(Wrapped(Escape(Wording.When(_report)) + "."));
        Paragraph(Wrapped(Escape(Wording.Bed(_report.Machine)) + "."));
        Code(_report.Command);
        foreach (string note in _report.Notes) _output.WriteLine(Wrapped($"- {Escape(note)}", indent: "  "));
        if (_report.Notes.Count > 0) _output.WriteLine();
        foreach (string sentence in Wording.HowToRead) Paragraph(Wrapped(Escape(sentence)));

        WriteGlance();
        WriteOverhead();
        WriteComparison();
        foreach (var group in _report.Scenarios.GroupBy(scenario => scenario.Group))
        {
            Paragraph($"## {Escape(group.Key)}");
            foreach (var scenario in group) Write(scenario);
        }

        WriteSetup();
    }

    private void WriteGlance()
    {
        Paragraph("## At a glance");
        MarkdownTable.Write(
            _output,
            ["scenario", "what", "", "direct", "iptables", "best peer", "userproxy", "of direct", "of iptables", "of best peer"],
            Glance.Of(_report).Select(line => (string[])
            [
                line.Scenario.Title,
                line.What,
                Wording.Direction(line.Metric.Better),
                line.Text(line.Point.Direct),
                line.Text(line.Point.KubeProxy),
                line.NamedText(line.Point.BestPeer),
                line.NamedText(line.Point.BestOwn),
                Cell(line.Own?.OfDirect),
                Cell(line.Own?.OfIptables),
                Cell(line.Own?.OfBestPeer),
            ]));
    }

    private void WriteOverhead()
    {
        if (Overhead.Of(_report) is not { } overhead) return;
        Paragraph($"## {Escape(Overhead.Title)}");
        Paragraph(Wrapped(Escape(Overhead.Method)));
        MarkdownTable.Write(_output, Overhead.Heads, overhead.Cells());
    }

    private void WriteComparison()
    {
        if (_comparison is null) return;
        Paragraph($"## {Escape(_comparison.Title)}");
        foreach (string sentence in _comparison.Sentences()) Paragraph(Wrapped(Escape(sentence)));
        MarkdownTable.Write(_output, Comparison.Heads, Comparison.Cells(_comparison.Rows));
    }

    private void Write(ScenarioResult scenario)
    {
        Paragraph($"### {Escape(scenario.Title)}");
        Paragraph(Wrapped($"`{scenario.Name.Replace('`', ' ')}`: {Escape(scenario.Method)}"));
        if (scenario.Command.Length > 0) Code(scenario.Command);
        foreach (var metric in scenario.Metrics) Write(metric);
    }

    private void Write(MetricResult metric)
    {
        var units = Units.For(metric);
        Paragraph($"**{Escape(units.Caption(metric))}** ({Wording.Direction(metric.Better)})");
        string[] heads = ["path", "median", "min-max", "of direct", "of iptables", "of best peer", "remark"];
        var rows = from point in Standings.Of(_report, metric)
                   from standing in point.All
                   select (At: Figures.Tick(point.At), Cells: Cells(units, standing));
        if (metric.Axis is { } axis) MarkdownTable.Write(_output, [axis, .. heads], rows.Select(row => (string[])[row.At, .. row.Cells]));
        else MarkdownTable.Write(_output, heads, rows.Select(row => row.Cells));
    }

    private static string[] Cells(Units units, Standing standing) =>
    [
        standing.Path.Label,
        standing.HasValue ? units.Text(standing.Sample.Median) : "-",
        standing.HasValue ? units.Range(standing.Sample) : "",
        Cell(standing.OfDirect),
        Cell(standing.OfIptables),
        Cell(standing.OfBestPeer),
        standing.Sample.Failure ?? "",
    ];

    private static string Cell(Ratio? ratio) => ratio is { Range.Length: > 0 } one ? $"{one} ({one.Range})" : $"{ratio}";

    private void WriteSetup()
    {
        Paragraph("## Paths, machine, versions");
        MarkdownTable.Write(_output, ["path", "name", "set up"], _report.Paths.Select(path => (string[])[path.Label, path.Name, path.Setup]));
        MarkdownTable.Write(_output, ["machine", ""], Wording.Facts(_report.Machine).Select(fact => (string[])[fact.Name, fact.Value]));
        MarkdownTable.Write(
            _output, ["program", "version"], _report.Tools.OrderBy(tool => tool.Key, StringComparer.Ordinal).Select(tool => (string[])[tool.Key, tool.Value]));
    }

    /// <summary>Lines of at most <see cref="Columns"/>. A word that Markdown could take for a heading or a list does not begin one.</summary>
    private static string Wrapped(string text, string indent = "")
    {
        var wrapped = new StringBuilder();
        int column = 0;
        foreach (string word in text.Split(' '))
        {
            bool breaks = column + 1 + word.Length > Columns && word.Length > 0 && char.IsLetter(word[0]);
            if (breaks) wrapped.Append('\n').Append(indent);
            else if (column > 0) wrapped.Append(' ');
            column = breaks ? indent.Length + word.Length : column + (column > 0 ? 1 : 0) + word.Length;
            wrapped.Append(word);
        }

        return wrapped.ToString();
    }

    private void Paragraph(string text)
    {
        _output.WriteLine(text);
        _output.WriteLine();
    }

    private void Code(string line) => Paragraph($"    {string.Concat(line.Select(letter => char.IsControl(letter) ? ' ' : letter))}");

    private static string Escape(string text) => MarkdownTable.Escape(text);
}
