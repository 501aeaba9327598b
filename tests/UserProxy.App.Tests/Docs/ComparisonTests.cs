using System.Text.RegularExpressions;

namespace UserProxy.App.Tests.Docs;

/// <summary>docs/comparison.md: whoever reads "partly" can read how, and no note is left without its cell.</summary>
public sealed partial class ComparisonTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "comparison.md"));

    [Fact]
    public void Cells_EachThatSaysPartly_HasANote()
    {
        var cells = Page.Split('\n').Where(line => line.StartsWith('|')).SelectMany(line => line.Split('|')).Select(cell => cell.Trim()).ToList();

        cells.Where(cell => cell == "p" || cell.StartsWith("p ", StringComparison.Ordinal)).ShouldBeEmpty();
        cells.Count(cell => cell.StartsWith("p[^", StringComparison.Ordinal)).ShouldBeGreaterThan(15);
    }

    [Fact]
    public void Notes_AreThoseThatAreReferredTo()
    {
        string[] notes = [.. Note().Matches(Page).Select(match => match.Groups[1].Value)];

        notes.ShouldBeUnique();
        Reference().Matches(Page).Select(match => match.Groups[1].Value).Distinct().ShouldBe(notes, ignoreOrder: true);
    }

    [Fact]
    public void Rows_HaveTheCellsOfTheirHead()
    {
        int columns = 0;
        foreach (string line in Page.Split('\n'))
        {
            if (!line.StartsWith('|')) columns = 0;
            else if (columns == 0) columns = line.Count(letter => letter == '|');
            else line.Count(letter => letter == '|').ShouldBe(columns, line);
        }
    }

    [GeneratedRegex(@"^\[\^(\w+)\]:", RegexOptions.Multiline)]
    private static partial Regex Note();

    [GeneratedRegex(@"\[\^(\w+)\](?!:)")]
    private static partial Regex Reference();
}
