using System.Text.RegularExpressions;

namespace UserProxy.App.Tests.Docs;

/// <summary>The Markdown of this repository.</summary>
internal static partial class Pages
{
    public static IEnumerable<string> All { get; } = Directory.EnumerateFiles(Repository.Root, "*.md", SearchOption.AllDirectories)
        .Where(path => !Path.GetRelativePath(Repository.Root, path).Split('/').Any(part => part is "bin" or "obj" or "node_modules" or ".git" or "TestResults"))
        .Order(StringComparer.Ordinal);

    /// <summary>Without code, in which brackets are no links.</summary>
    public static string Prose(string markdown) => InlineCode().Replace(Fence().Replace(markdown, ""), "");

    /// <summary>The names under which the headings can be linked to, as GitHub makes them.</summary>
    public static HashSet<string> Anchors(string markdown)
    {
        var anchors = new HashSet<string>();
        foreach (Match heading in Heading().Matches(Fence().Replace(markdown, "")))
        {
            string slug = NotInSlug().Replace(heading.Groups["text"].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-');
            string name = slug;
            for (int number = 1; !anchors.Add(name); number++) name = $"{slug}-{number}";
        }

        return anchors;
    }

    /// <summary>The blocks that are marked as typed into a terminal: their lines that begin with <c>$ </c>.</summary>
    public static IEnumerable<string> Commands(string markdown) =>
        from Match fence in Fence().Matches(markdown)
        where fence.Value.TrimStart().StartsWith("```console", StringComparison.Ordinal)
        from line in fence.Value.Split('\n')
        where line.TrimStart().StartsWith("$ ", StringComparison.Ordinal)
        select line.TrimStart()[2..];

    [GeneratedRegex(@"^[ ]*```.*?^[ ]*```[ ]*$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex("`[^`\n]*`")]
    private static partial Regex InlineCode();

    [GeneratedRegex(@"^#{1,6} (?<text>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex NotInSlug();
}
