using System.Text.RegularExpressions;
using UserProxy.App.CommandLine;

namespace UserProxy.App.Tests.Docs;

/// <summary>
/// Links lead somewhere, and no page shows a command line that userproxy does not know. What the commands print is compared by the functional tests.
/// </summary>
public sealed partial class PagesTests
{
    [Fact]
    public void Links_WithinTheRepository_LeadSomewhere()
    {
        int checkedLinks = 0;
        var broken = new List<string>();
        foreach (string page in Pages.All)
        {
            foreach (Match link in Link().Matches(Pages.Prose(File.ReadAllText(page))))
            {
                string target = link.Groups["target"].Value;
                if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal)) continue;
                checkedLinks++;
                string[] parts = target.Split('#', 2);
                string path = parts[0].Length == 0 ? page : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, Uri.UnescapeDataString(parts[0])));
                string where = $"{Path.GetRelativePath(Repository.Root, page)}: {target}";
                if (!File.Exists(path) && !Directory.Exists(path)) broken.Add($"{where}: nothing there");
                else if (!path.StartsWith(Repository.Root, StringComparison.Ordinal)) broken.Add($"{where}: outside of the repository");
                else if (parts.Length == 2 && !Pages.Anchors(File.ReadAllText(path)).Contains(parts[1])) broken.Add($"{where}: no such heading");
            }
        }

        broken.ShouldBeEmpty();
        checkedLinks.ShouldBeGreaterThan(80);
    }

    [Fact]
    public void CommandLines_OfEveryPage_AreUnderstood()
    {
        var tree = CommandTree.Create(new Cli().Surroundings);
        int read = 0;
        var wrong = new List<string>();
        foreach (string page in Pages.All)
        {
            foreach (Match call in Pages.Commands(File.ReadAllText(page)).SelectMany(line => Call().Matches(line)))
            {
                read++;
                // Words in capitals stand for values.
                string arguments = Regex.Replace(call.Groups["arguments"].Value, @"\bPORT\b", "30080");
                var errors = tree.Parse(arguments.Trim()).Errors;
                if (errors.Count > 0) wrong.Add($"{Path.GetRelativePath(Repository.Root, page)}: userproxy {arguments}: {errors[0].Message}");
            }
        }

        wrong.ShouldBeEmpty();
        read.ShouldBeGreaterThan(30);
    }

    [Theory]
    [InlineData("# A heading\n## It's `code`, isn't it?\n# A heading\n", "a-heading,its-code-isnt-it,a-heading-1")]
    [InlineData("```\n# no heading\n```\n## 2. Trial: one Service\n", "2-trial-one-service")]
    public void Anchors_AreAsGitHubMakesThem(string markdown, string expected) => string.Join(',', Pages.Anchors(markdown)).ShouldBe(expected);

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    /// <summary>Called by name, or by <c>dotnet run</c>, up to what the shell takes for itself.</summary>
    [GeneratedRegex(
        @"(?:(?<![/\w.:-])userproxy|--project src/UserProxy\.App --) "
            + @"(?<arguments>(?:list|connections|explain|status|inspect|sysdump|migrate|check|runbook|run|demo|cleanup|version)\b[^;|&#>)]*)")]
    private static partial Regex Call();
}
