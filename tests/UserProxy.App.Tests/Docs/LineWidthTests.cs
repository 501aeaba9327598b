namespace UserProxy.App.Tests.Docs;

/// <summary>Pages and code can be read in a window, a diff and a review without scrolling sideways.</summary>
public sealed class LineWidthTests
{
    private const string Long = "a line of words and words and words and words and words and words and words and words and words and words and words";

    [Fact]
    public void Markdown_FitsIn120Columns() => Pages.All.SelectMany(page => Lines(page, LineWidths.TooLongInMarkdown)).ShouldBeEmpty();

    [Fact]
    public void CSharp_FitsIn160Columns() => TextFiles.All
        .Where(file => Path.GetExtension(file) == ".cs")
        .SelectMany(file => Lines(file, LineWidths.TooLongInCSharp))
        .ShouldBeEmpty();

    [Theory]
    [InlineData(Long, true)]
    [InlineData(Long + "and more", false)]
    [InlineData("| " + Long + "and more |", true)]
    [InlineData("# " + Long + "and more", true)]
    [InlineData("```\n" + Long + "and more\n```", true)]
    [InlineData("```\n```\n" + Long + "and more", false)]
    [InlineData("    " + Long + "and more", true)]
    [InlineData("- " + Long + "and more", false)]
    [InlineData("- `" + Long + "and more`", true)]
    [InlineData("- ok `" + Long + "and more`", false)]
    public void Markdown_LineThatCouldBeShorter_IsFound(string text, bool fits) => LineWidths.TooLongInMarkdown(text).Any().ShouldBe(!fits);

    [Theory]
    [InlineData("int a; // " + Long, true)]
    [InlineData("int a; // " + Long + Long, false)]
    [InlineData("var a = \"\"\"\n" + Long + Long + "\n\"\"\";", true)]
    [InlineData("var a = \"\"\"a\"\"\";\n" + Long + Long, false)]
    public void CSharp_LongLine_IsFound(string text, bool fits) => LineWidths.TooLongInCSharp(text).Any().ShouldBe(!fits);

    private static IEnumerable<string> Lines(string file, Func<string, IEnumerable<int>> tooLong) =>
        tooLong(File.ReadAllText(file)).Select(line => $"{TextFiles.Relative(file)}:{line}");
}
