using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using UserProxy.Scenarios.Report.Charts;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Tests.Report;

/// <summary>
/// report.md as a repository's page shows it: the Markdown that the report uses, no more, in GitHub's sizes. To measure on, not to look at. Its font is
/// Liberation Sans, which is as wide as Arial: what "sans-serif" is differs between machines, and DejaVu Sans is a fifth wider than what a phone has.
/// </summary>
internal static partial class GitHubPage
{
    private const string Css = """
        body { margin: 0; padding: 16px; font: 16px/1.5 'Liberation Sans'; overflow-wrap: break-word; }
        table { display: block; width: max-content; max-width: 100%; overflow: auto; border-collapse: collapse; }
        th, td { padding: 6px 13px; border: 1px solid #d1d9e0; }
        pre { overflow: auto; padding: 16px; font: 85%/1.45 monospace; }
        code { font-size: 85%; }
        svg { max-width: 100%; height: auto; }
        svg text { font: 12px 'Liberation Sans'; }
        """;

    public static void SkipWithoutItsFont() => Assert.SkipUnless(
        File.Exists("/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf"), "Liberation Sans is not installed (Debian: fonts-liberation)");

    public static string Of(BenchReport report, string markdown)
    {
        var page = new StringBuilder($"<!DOCTYPE html><html><head><meta charset=\"utf-8\"/><style>{Css}</style></head><body>\n");
        foreach (string block in markdown.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(block => block.Trim('\n')))
        {
            if (block.StartsWith("![", StringComparison.Ordinal)) page.Append(Picture(report));
            else if (block.StartsWith('|')) page.Append(Table(block.Split('\n')));
            else if (block.StartsWith("    ", StringComparison.Ordinal)) page.Append($"<pre>{WebUtility.HtmlEncode(block.Trim())}</pre>\n");
            else if (block.StartsWith('#')) page.Append($"<h{block.IndexOf(' ')}>{Text(block.TrimStart('#', ' '))}</h{block.IndexOf(' ')}>\n");
            else page.Append($"<p>{Text(block)}</p>\n");
        }

        return page.Append("</body></html>\n").ToString();
    }

    private static string Picture(BenchReport report)
    {
        var picture = new StringWriter();
        HeadlineChart.WriteFile(picture, report);
        return Style().Replace(picture.ToString(), "");
    }

    private static string Table(string[] lines)
    {
        return $"<table>{string.Concat(lines.Where((_, at) => at != 1).Select(Row))}</table>\n";

        static string Row(string line, int at)
        {
            string element = at == 0 ? "th" : "td";
            return $"<tr>{string.Concat(Cells(line).Select(cell => $"<{element}>{Text(cell)}</{element}>"))}</tr>\n";
        }
    }

    private static IEnumerable<string> Cells(string line) => Border().Split(line.Trim()).Select(cell => cell.Trim()).Where((_, at) => at > 0).SkipLast(1);

    private static string Text(string markdown) =>
        Code().Replace(Escape().Replace(WebUtility.HtmlEncode(markdown), "$1"), "<code>$1</code>");

    [GeneratedRegex("<style>.*?</style>", RegexOptions.Singleline)]
    private static partial Regex Style();

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex Border();

    [GeneratedRegex(@"\\([^\w\s])")]
    private static partial Regex Escape();

    [GeneratedRegex("`([^`]*)`")]
    private static partial Regex Code();
}
