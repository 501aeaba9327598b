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
