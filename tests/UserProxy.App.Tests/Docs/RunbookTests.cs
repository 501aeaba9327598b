using System.CommandLine.Invocation;
using System.Text.RegularExpressions;
using UserProxy.App.CommandLine;

namespace UserProxy.App.Tests.Docs;

/// <summary>Who opens a runbook at night must be able to type what it says.</summary>
public sealed partial class RunbookTests
{
    [Fact]
    public void Commands_AreOnesThatUserProxyTakes()
    {
        var root = CommandTree.Create(new Cli().Surroundings);
        string[] commands = [.. Pages().SelectMany(page => Command().Matches(File.ReadAllText(page)).Select(match => match.Groups["arguments"].Value.Trim()))];

        commands.Length.ShouldBeGreaterThan(20);
        commands.Where(command => root.Parse(command).Action is ParseErrorAction).ShouldBeEmpty();
    }

    [Fact]
    public void Links_LeadToFilesAndHeadings()
    {
        foreach (string page in Pages())
        {
            foreach (Match link in Link().Matches(File.ReadAllText(page)))
            {
                string target = Path.Combine(Path.GetDirectoryName(page)!, link.Groups["file"].Value);
                File.Exists(target).ShouldBeTrue($"{page}: {link.Value}");
                if (link.Groups["heading"].Success)
                    File.ReadLines(target).Where(line => line.StartsWith('#')).Select(Anchor).ShouldContain(link.Groups["heading"].Value, link.Value);
            }
        }
    }

    private static string[] Pages() => Directory.GetFiles(Path.Combine(Repository.Root, "docs", "runbooks"), "*.md");

    /// <summary>As code hosts make it of a heading.</summary>
    private static string Anchor(string heading) => NotInAnchors().Replace(heading.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-');

    /// <summary>At the start of a line or after <c>--</c> (kubectl exec), up to a pipe, a redirection or a comment.</summary>
    [GeneratedRegex(@"^\$ (?:kubectl [^|\n]* -- )?userproxy (?<arguments>[^|>#;\n]+)", RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex(@"\]\((?<file>[^)#:]+)(?:#(?<heading>[^)]+))?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchors();
}
