using UserProxy.Chart.Tests.Support;

namespace UserProxy.Chart.Tests;

/// <summary>The table of values in the chart's README is made from the comments of values.yaml.</summary>
public class ReadmeTests
{
    private const string Begin = "<!-- values: begin; made from values.yaml by UserProxy.Chart.Tests -->";
    private const string End = "<!-- values: end -->";

    /// <summary>What fragments begin with.</summary>
    private static readonly string[] NoSentence =
        ["Of", "Its", "Their", "Empty:", "For", "Instead", "Names", "Labels", "Where", "When", "More", "Over", "After"];

    private static readonly string Readme = Path.Combine(ChartFolder.Path, "README.md");
    private static readonly string Values = File.ReadAllText(Path.Combine(ChartFolder.Path, "values.yaml"));

    [Fact]
    public void Readme_Table_IsThatOfTheValues()
    {
        string text = File.ReadAllText(Readme).ReplaceLineEndings("\n");
        int begin = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        int end = text.IndexOf(End, StringComparison.Ordinal);
        string expected = $"{text[..begin]}\n{ValuesTable.Of(Values)}{text[end..]}";
        if (ChartFolder.Update) File.WriteAllText(Readme, expected);
        File.ReadAllText(Readme).ReplaceLineEndings("\n").ShouldBe(expected, "USERPROXY_UPDATE_CHART=1 writes it anew");
    }

    [Fact]
    public void Values_AreAllDescribed() => ValuesTable.Undescribed(Values).ShouldBeEmpty();

    /// <summary>Whoever reads one row alone must understand it: no "Its name.", no "Empty: none.".</summary>
    [Fact]
    public void Descriptions_AreSentences()
    {
        var wrong = ValuesTable.Descriptions(Values).Where(
            row => row.Description is not [>= 'A' and <= 'Z' or '`' or '/', ..] || !row.Description.EndsWith('.') || row.Description.Split(' ').Length < 5
                || NoSentence.Any(start => row.Description.StartsWith($"{start} ", StringComparison.Ordinal))).ToList();
        wrong.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("# -- One.\na: 1\n", "| `a` | `1` | One. |")]
    [InlineData("a:\n  # -- One,\n  # goes | on.\n  b: \"on\"\n", "| `a.b` | `\"on\"` | One, goes \\| on. |")]
    [InlineData("# -- One.\na:\n  b: [x]\n  c: {}\n", "| `a` | `{\"b\":[\"x\"],\"c\":{}}` | One. |")]
    [InlineData("# Not for the table.\na: 1\n# -- One.\nb: null\n", "| `b` | `null` | One. |")]
    public void Table_OfComments_HasARowForEach(string values, string row) =>
        ValuesTable.Of(values).TrimEnd().Split('\n')[^1].ShouldBe(row);

    [Fact]
    public void Undescribed_ValueWithoutComment_IsNamed() => ValuesTable.Undescribed("# -- One.\na: 1\nb:\n  c: 1\n").ShouldBe(["b.c"]);
}
