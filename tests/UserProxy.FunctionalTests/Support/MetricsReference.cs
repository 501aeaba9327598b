using System.Text;
using System.Text.RegularExpressions;

namespace UserProxy.FunctionalTests.Support;

/// <summary>docs/reference/metrics.md from a scrape in which every family has a sample, or nearly. Rewritten with USERPROXY_WRITE_REFERENCE=1.</summary>
internal static partial class MetricsReference
{
    /// <summary>Of families that have samples only after something went wrong.</summary>
    private static readonly Dictionary<string, string> LabelsWhenThere = new()
    {
        ["userproxy_watch_restarts_total"] = "reason, resource",
    };

    public static void IsAsWritten(Scrape scrape)
    {
        string path = Path.Combine(Root(), "docs", "reference", "metrics.md");
        string made = Make(scrape);
        if (Environment.GetEnvironmentVariable("USERPROXY_WRITE_REFERENCE") == "1") File.WriteAllText(path, made);
        File.Exists(path).ShouldBeTrue($"{path} is missing: run with USERPROXY_WRITE_REFERENCE=1");
        made.ShouldBe(File.ReadAllText(path), "metrics.md is behind the code: run with USERPROXY_WRITE_REFERENCE=1");
    }

    private static string Make(Scrape scrape)
    {
        var page = new StringBuilder();
        page.Append("# All metrics\n\n");
        page.Append(
            "Made from a scrape by a test (`ApiServerTests`); do not edit. What to look at when, the values of labels, and "
                + "alerts:\n[metrics](../metrics.md).\n\n");
        page.Append("| name | type | labels | help |\n| --- | --- | --- | --- |\n");
        foreach (string name in scrape.Families.Order(StringComparer.Ordinal))
        {
            page.Append(
                $"| `{name}` | {Line(scrape, "TYPE", name)} | {Labels(scrape, name)} | "
                    + $"{Line(scrape, "HELP", name).Replace("<", "&lt;", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        }

        return page.ToString();
    }

    private static string Line(Scrape scrape, string what, string name)
    {
        string start = $"# {what} {name} ";
        return scrape.Text.Split('\n').Single(line => line.StartsWith(start, StringComparison.Ordinal))[start.Length..];
    }

    private static string Labels(Scrape scrape, string name)
    {
        var labels = scrape.Samples.Keys
            .Where(sample => sample.Split('{')[0] is var family && (family == name || family == $"{name}_bucket"))
            .SelectMany(sample => Label().Matches(sample).Select(match => match.Groups["name"].Value))
            .Where(label => label != "le")
            .Distinct().Order(StringComparer.Ordinal);
        string seen = string.Join(", ", labels);
        return seen.Length == 0 ? LabelsWhenThere.GetValueOrDefault(name, "") : seen;
    }

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "UserProxy.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("the tests do not run inside a checkout");
    }

    /// <summary>A name before its quoted value, which may hold escaped quotes.</summary>
    [GeneratedRegex("(?<name>[a-zA-Z_]+)=\"(?:[^\"\\\\]|\\\\.)*\"")]
    private static partial Regex Label();
}
