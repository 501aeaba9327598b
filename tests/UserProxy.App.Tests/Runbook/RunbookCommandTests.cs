using UserProxy.App.CommandLine;
using UserProxy.App.Runbook;

namespace UserProxy.App.Tests.Runbook;

/// <summary><c>runbook</c>: the pages of docs/runbooks, out of the executable.</summary>
public sealed class RunbookCommandTests
{
    private static string Folder => Path.Combine(Repository.Root, "docs", "runbooks");

    public static TheoryData<string> Names =>
        [.. Directory.GetFiles(Folder, "*.md").Select(file => Path.GetFileNameWithoutExtension(file)!).Where(name => name != "README").Order()];

    [Fact]
    public async Task Runbook_WithoutAName_ListsEveryPageWithItsSeverity()
    {
        var cli = new Cli();

        (await cli.RunAsync("runbook")).ShouldBe(ExitCode.Done);

        string[] lines = cli.Out.ToString().TrimEnd().Split(Environment.NewLine);
        lines[0].ShouldStartWith("NAME");
        lines.Skip(1).Select(line => line.Split(' ')[0]).ShouldBe(Names.Select(row => row.Data), ignoreOrder: true);
        lines.Skip(1).ShouldAllBe(line => line.Contains(" critical ") || line.Contains(" warning ") || line.Contains(" info "));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Runbook_OfAnAlert_IsItsPageAndHowToTypeTheCommands(string name)
    {
        var cli = new Cli();

        (await cli.RunAsync("runbook", name)).ShouldBe(ExitCode.Done);

        string text = cli.Out.ToString();
        text.ShouldStartWith($"# {name}\n");
        foreach (string line in File.ReadLines(Path.Combine(Folder, $"{name}.md")).Where(line => !line.Contains("](") && !line.Contains('[')))
            text.ShouldContain(line);
        text.ShouldContain("## Typing the commands");
        text.ShouldNotContain("](", Case.Sensitive, "a link is of no use in a terminal");
        cli.Error.ToString().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("UserProxyWatchDown")]
    [InlineData("userproxywatchdown")]
    [InlineData("WatchDown")]
    [InlineData("watchdown")]
    [InlineData("UserProxyWatchDown.md")]
    [InlineData("docs/runbooks/UserProxyWatchDown.md")]
    [InlineData("https://docs.example.com/runbooks/UserProxyWatchDown.md")]
    [InlineData("https://docs.example.com/runbooks/UserProxyWatchDown/")]
    public async Task Runbook_AsPeopleNameIt_IsFound(string name)
    {
        var cli = new Cli();

        (await cli.RunAsync("runbook", name)).ShouldBe(ExitCode.Done);

        cli.Out.ToString().ShouldStartWith("# UserProxyWatchDown\n");
    }

    [Fact]
    public void Text_Links_SayWhereTheyLead()
    {
        RunbookPages.TextOf("UserProxyWatchStale").ShouldContain("As for UserProxyWatchDown (userproxy runbook UserProxyWatchDown).");
        RunbookPages.TextOf("UserProxyInvalidObjects").ShouldContain("operations.md (docs/operations.md#logs)");
    }

    /// <summary>Whoever has the alert can type what its annotation says.</summary>
    [Fact]
    public async Task Alerts_OfTheChart_NameARunbookThatIsPrinted()
    {
        var said = File.ReadLines(Path.Combine(Repository.Root, "charts", "userproxy", "files", "rules", "userproxy.yaml"))
            .Select(line => line.Trim()).Where(line => line.StartsWith("runbook: ", StringComparison.Ordinal)).ToList();

        said.Count.ShouldBe(Names.Count);
        foreach (string line in said)
        {
            var cli = new Cli();
            string[] typed = line["runbook: ".Length..].Split(' ');
            typed[0].ShouldBe("userproxy");
            (await cli.RunAsync(typed[1..])).ShouldBe(ExitCode.Done, line);
        }
    }

    [Fact]
    public async Task Completion_OfTheName_IsEveryRunbook()
    {
        var cli = new Cli();

        await cli.RunAsync("[suggest:18]", "userproxy runbook ");

        foreach (var row in Names) cli.Out.ToString().ShouldContain(row.Data);
    }
}
