using System.Text;
using UserProxy.Scenarios.Report.Charts;
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
        Paragraph(Wrapped(Escape(Headline.Of(_report))));
        if (Glance.OwnPath(_report) is { } own && HeadlineChart.LinesOf(_report).Count > 0)
        {
            Paragraph($"![UserProxy beside the best peer and iptables]({ReportFiles.PictureName})");
            Paragraph(Wrapped(Escape(Wording.HeadlineCaption(own))));
        }

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
            ["scenario", Glance.OwnPath(_report)?.Title ?? "userproxy", "of iptables, and of the best peer"],
            Glance.Of(_report).Select(line => (string[])
            [
                $"{line.Scenario.Title}: {line.What}{(line.Metric.Better == Better.Lower ? " (lower is better)" : "")}",
                line.Text(line.Own),
                string.Join("; ", Comparisons(line)),
            ]));
        PathInfo[] own = [.. _report.Paths.Where(path => path.Kind == PathKind.Own)];
        if (own.Length < 2) return;
        Paragraph("The transports of UserProxy beside each other:");
        MarkdownTable.Write(
            _output,
            ["scenario", .. own.Select(path => path.Title)],
            Glance.Of(_report).Select(line => (string[])
                [line.Scenario.Title, .. own.Select(path => line.Text(line.Point.All.FirstOrDefault(one => one.Path == path)))]));
    }

    private static IEnumerable<string> Comparisons(Glance line)
    {
        if (line.Own?.OfIptables is { } ofIptables) yield return $"{Cell(ofIptables)} of iptables";
        if (line.Own?.OfBestPeer is { } ofBestPeer) yield return $"{Cell(ofBestPeer)} of {line.Point.BestPeer?.Path.Name}";
    }

    private void WriteOverhead()
    {
        if (Overhead.Of(_report) is not { } overhead) return;
        Paragraph($"## {Escape(Overhead.Title)}");
        Paragraph(Wrapped(Escape(Overhead.Method)));
        // A reason has no room beside numbers, on a phone.
        MarkdownTable.Write(
            _output, Overhead.Heads, overhead.Cells().Zip(overhead.Rows, (cells, row) => row.Missing is null ? cells : [cells[0], "none", .. cells.Skip(2)]));
        var missing = overhead.Rows.Where(row => row.Missing is not null).ToList();
        foreach (var row in missing) _output.WriteLine(Wrapped($"- {Escape($"{row.Label}: {row.Missing}")}", indent: "  "));
        if (missing.Count > 0) _output.WriteLine();
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
        foreach (var point in Standings.Of(_report, metric))
        {
            string at = metric.Axis is { } axis ? $"at {Figures.Tick(point.At)} {axis}" : "";
            Paragraph(Wrapped(Escape(Wording.Caption(units, metric, at))));
            MarkdownTable.Write(_output, ["path", "value", "of iptables", "of best peer"], point.All.Select(standing => Cells(units, standing)));
            // Beside the numbers they would have no room.
            var failed = point.All.Where(standing => standing.Sample.Failure is not null).ToList();
            foreach (var standing in failed) _output.WriteLine(Wrapped($"- {Escape($"{standing.Path.Label}: {standing.Sample.Failure}")}", indent: "  "));
            if (failed.Count > 0) _output.WriteLine();
        }
    }

    /// <summary>Four columns: more do not fit a phone. What each path is of direct is in report.json; direct itself is the first row.</summary>
    private static string[] Cells(Units units, Standing standing) =>
    [
        standing.Path.Label,
        Measured(units, standing),
        Cell(standing.OfIptables),
        Cell(standing.OfBestPeer),
    ];

    /// <summary>"60,554 (54,812 to 64,441)"; with a mark where something failed, which is told under the table.</summary>
    private static string Measured(Units units, Standing standing)
    {
        var sample = standing.Sample;
        if (!standing.HasValue) return "none";
        string least = units.Text(sample.Min), most = units.Text(sample.Max);
        return $"{units.Text(sample.Median)}{(sample.Failure is null ? "" : " !")}{(least == most ? "" : $" ({least} to {most})")}";
    }

    private static string Cell(Ratio? ratio) => ratio is { Range.Length: > 0 } one ? $"{one} ({one.RangeInWords})" : $"{ratio}";

    private void WriteSetup()
    {
        Paragraph("## Paths, machine, versions");
        MarkdownTable.Write(_output, ["path", "set up"], _report.Paths.Select(path => (string[])[$"{path.Label} ({path.Name})", path.Setup]));
        MarkdownTable.Write(_output, ["machine", ""], Wording.Facts(_report.Machine).Select(fact => (string[])[fact.Name, fact.Value]));
        MarkdownTable.Write(
            _output, ["program", "version"], _report.Tools.OrderBy(tool => tool.Key, StringComparer.Ordinal).Select(tool => (string[])[tool.Key, tool.Value]));
    }

    /// <summary>Lines of at most <see cref="Columns"/>. A word that Markdown could take for a heading or a list does not begin one.</summary>
    private static string Wrapped(string text, string indent = "")
    {
        var wrapped = new StringBuilder();
        int column = 0;
        foreach (string piece in Pieces(text))
        {
            bool breaks = column > 0 && column + 1 + piece.Length > Columns;
            if (breaks) wrapped.Append('\n').Append(indent);
            else if (column > 0) wrapped.Append(' ');
            column = breaks ? indent.Length + piece.Length : column + (column > 0 ? 1 : 0) + piece.Length;
            wrapped.Append(piece);
        }

        return wrapped.ToString();
    }

    /// <summary>Words, each with those after it that no line may begin with.</summary>
    private static IEnumerable<string> Pieces(string text)
    {
        string? piece = null;
        foreach (string word in text.Split(' '))
        {
            if (piece is not null && word.Length > 0 && char.IsLetter(word[0]))
            {
                yield return piece;
                piece = word;
            }
            else
            {
                piece = piece is null ? word : $"{piece} {word}";
            }
        }

        if (piece is not null) yield return piece;
    }

    private void Paragraph(string text)
    {
        _output.WriteLine(text);
        _output.WriteLine();
    }

    private void Code(string line) => Paragraph($"    {string.Concat(line.Select(letter => char.IsControl(letter) ? ' ' : letter))}");

    private static string Escape(string text) => MarkdownTable.Escape(text);
}
