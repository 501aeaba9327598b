using UserProxy.App.CommandLine;

namespace UserProxy.App.Tests.CommandLine;

/// <summary>Help on a terminal of any width.</summary>
public sealed class HelpLayoutTests
{
    private const string Examples = "\nExamples:\n";

    /// <summary>Of every command: a placeholder or the name of an option that is cut cannot be read.</summary>
    [Theory]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(120)]
    public async Task Help_OfEveryCommand_IsBrokenBetweenWords_AndLosesNone(int width)
    {
        var commands = CommandTree.Create(new Cli().Surroundings).Subcommands;
        string[][] lines = [[], .. commands.Select(command => (string[])[command.Name]),
            .. commands.SelectMany(command => command.Subcommands.Select(sub => (string[])[command.Name, sub.Name]))];
        foreach (string[] command in lines)
        {
            string wide = await HelpAsync(command, null), narrow = await HelpAsync(command, width);

            Words(narrow).ShouldBe(Words(wide), string.Join(' ', command));
            foreach (string line in narrow.Split('\n'))
            {
                line.Count(letter => letter == '<').ShouldBe(line.Count(letter => letter == '>'), line);
                // The longest word of a description may be longer than its column.
                if (line.Length > width) Words(line).Max(word => word.Length).ShouldBeGreaterThan((width / 2) - 4, line);
            }
        }
    }

    /// <summary>Commands are there to be copied.</summary>
    [Theory]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(100)]
    public async Task Examples_OfEveryCommand_FitBelowTheirCommands(int width)
    {
        foreach (var command in CommandTree.Create(new Cli().Surroundings).Subcommands)
        {
            string wide = await ExamplesAsync(command.Name, null), narrow = await ExamplesAsync(command.Name, width);

            Words(narrow).ShouldBe(Words(wide), command.Name);
            Commands(narrow).ShouldBe(Commands(wide), command.Name);
            foreach (string line in narrow.Split('\n').Where(line => line.Length > width && line.StartsWith("      ", StringComparison.Ordinal)))
                Words(line).Max(word => word.Length).ShouldBeGreaterThan(width - 6, line);
        }

        static IEnumerable<string> Commands(string text) => text.Split('\n').Where(line => !line.StartsWith("      ", StringComparison.Ordinal));
    }

    [Fact]
    public void Examples_RemarkThatFits_IsAsItIs() => new HelpLayout(30).Examples(
        ["  userproxy list --stats --sort-by failed", "      every endpoint with its", "      state; the worst first", "  userproxy list"]).ShouldBe(
        ["  userproxy list --stats --sort-by failed", "      every endpoint with its", "      state; the worst first", "  userproxy list"]);

    [Fact]
    public void Examples_OneLineThatDoesNotFit_TakesTheNextAlong() => new HelpLayout(30).Examples(
        ["  userproxy list", "      every endpoint with its state", "      and more"]).ShouldBe(
        ["  userproxy list", "      every endpoint with its", "      state and more"]);

    [Fact]
    public void Of_LabelThatDoesNotFit_HasItsTextBelow() =>
        new HelpLayout(40).Of(["Arguments:", "  <[NS/]NAME[:PORT]|CLIENT[:PORT]>  One or two words", "  <N>                              A number", "", "End"])
            .ShouldBe(
            [
                "Arguments:",
                "  <[NS/]NAME[:PORT]|CLIENT[:PORT]>",
                "                    One or two words",
                "  <N>               A number",
                "",
                "End",
            ]);

    [Fact]
    public void Of_OptionWithItsValue_IsBrokenBetweenThem() =>
        new HelpLayout(44).Of(["Options:", "  --node-port-addresses <CIDR,...>  Only these addresses, and no others at all"]).ShouldBe(
        [
            "Options:",
            "  --node-port-addresses",
            "  <CIDR,...>          Only these addresses,",
            "                      and no others at all",
        ]);

    private static async Task<string> ExamplesAsync(string command, int? width)
    {
        var cli = new Cli();
        await CommandTree.InvokeAsync([command, "--help"], cli.Surroundings with { OutWidth = () => width }, TestContext.Current.CancellationToken);
        string text = cli.Out.ToString();
        return text[(text.LastIndexOf(Examples, StringComparison.Ordinal) + Examples.Length)..].TrimEnd();
    }

    private static async Task<string> HelpAsync(string[] command, int? width)
    {
        var cli = new Cli();
        await CommandTree.InvokeAsync([.. command, "--help"], cli.Surroundings with { OutWidth = () => width }, TestContext.Current.CancellationToken);
        string text = cli.Out.ToString();
        return text[..text.IndexOf(Examples, StringComparison.Ordinal)];
    }

    private static IEnumerable<string> Words(string text) =>
        text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);
}
