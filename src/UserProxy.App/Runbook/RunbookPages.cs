using System.Text.RegularExpressions;

namespace UserProxy.App.Runbook;

/// <summary>The pages of docs/runbooks. They are in the executable: whoever an alert wakes may be on a node without a network.</summary>
internal static partial class RunbookPages
{
    private const string Prefix = "runbooks/";
    private const string Suffix = ".md";

    /// <summary>What every alert's name begins with, and nobody wants to type.</summary>
    private const string Family = "UserProxy";

    /// <summary>Shorter ones are in many names by chance.</summary>
    private const int ShortestPart = 4;

    /// <summary>The rows of the index: each alert with its severity, under the heading that says what it is about.</summary>
    public static IReadOnlyList<RunbookEntry> All { get; } = ReadIndex();

    /// <summary>As a person names it: in any case, without the family's name, or as the file or the link that an alert carries. Null: there is none.</summary>
    public static string? Find(string name)
    {
        string wanted = FileOf(name);
        return All.Select(entry => entry.Name).FirstOrDefault(
            known => known.Equals(wanted, StringComparison.OrdinalIgnoreCase) || ShortOf(known).Equals(wanted, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>What may have been meant by a name that is none; null when nothing is near.</summary>
    public static string? Near(string name)
    {
        string wanted = FileOf(name).ToUpperInvariant();
        var names = All.Select(entry => entry.Name).ToList();
        string? near = Nearest.To(wanted, names.Concat(names.Select(ShortOf)).Select(known => known.ToUpperInvariant()));
        if (near is not null) return Find(near);
        // A word of it, as of a name that another program's alert has.
        string part = wanted.StartsWith(Family, StringComparison.OrdinalIgnoreCase) ? wanted[Family.Length..] : wanted;
        return part.Length < ShortestPart ? null : names.Find(known => ShortOf(known).Contains(part, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The page for a terminal: links say where they lead, and what the index says of typing commands is at the end.</summary>
    public static string TextOf(string name) => $"{ForTerminal(Read(name))}\n\n{ForTerminal(Section(Read("README"), "## Typing the commands"))}";

    private static string ForTerminal(string markdown) => Link().Replace(
        markdown.Trim(),
        link =>
        {
            string target = link.Groups["target"].Value;
            string text = link.Groups["text"].Value;
            if (target.Contains("://", StringComparison.Ordinal)) return $"{text} ({target})";
            string file = target.Split('#')[0];
            if (Find(file) is { } other) return other == text ? $"{text} (userproxy runbook {other})" : $"{text}: userproxy runbook {other}";
            return $"{text} ({(target.StartsWith("../", StringComparison.Ordinal) ? $"docs/{target["../".Length..]}" : $"docs/runbooks/{target}")})";
        });

    private static RunbookEntry[] ReadIndex()
    {
        var entries = new List<RunbookEntry>();
        string about = "";
        foreach (string line in Read("README").Split('\n'))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal)) about = line["## ".Length..].Trim();
            else if (Row().Match(line) is { Success: true } row) entries.Add(new RunbookEntry(row.Groups["name"].Value, row.Groups["severity"].Value, about));
        }

        return [.. entries];
    }

    private static string Section(string markdown, string heading)
    {
        int begin = markdown.IndexOf($"{heading}\n", StringComparison.Ordinal);
        int end = markdown.IndexOf("\n## ", begin + 1, StringComparison.Ordinal);
        return end < 0 ? markdown[begin..] : markdown[begin..end];
    }

    private static string Read(string name)
    {
        using var page = typeof(RunbookPages).Assembly.GetManifestResourceStream($"{Prefix}{name}{Suffix}")
            ?? throw new InvalidOperationException($"the runbook {name} is not in this executable");
        using var reader = new StreamReader(page);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    private static string ShortOf(string name) => name.StartsWith(Family, StringComparison.Ordinal) ? name[Family.Length..] : name;

    private static string FileOf(string name)
    {
        string last = name[(name.TrimEnd('/').LastIndexOf('/') + 1)..].TrimEnd('/');
        return last.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase) ? last[..^Suffix.Length] : last;
    }

    [GeneratedRegex(@"^\| \[(?<name>\w+)\]\(\w+\.md\) \| (?<severity>\w+) \|$")]
    private static partial Regex Row();

    [GeneratedRegex(@"\[(?<text>[^\]]+)\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();
}

/// <summary>One row of the index of runbooks.</summary>
/// <param name="Name">Of the alert, and of its page.</param>
/// <param name="Severity">critical, warning or info.</param>
/// <param name="About">What part of the proxy it is about.</param>
internal sealed record RunbookEntry(string Name, string Severity, string About);
