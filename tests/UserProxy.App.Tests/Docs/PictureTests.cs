using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;

namespace UserProxy.App.Tests.Docs;

/// <summary>The pictures of the documentation say what the text says that they are made from; CONTRIBUTING.md has the command that makes them.</summary>
public sealed partial class PictureTests
{
    /// <summary>All but the demo's, which is a recording.</summary>
    public static TheoryData<string> Pictures => new(
        Directory.GetFiles(Folder, "*.dot").Concat(Directory.GetFiles(Folder, "*.svg")).Select(path => Path.GetFileNameWithoutExtension(path)).Distinct()
            .Where(name => name != "demo"));

    private static string Folder => Path.Combine(Repository.Root, "docs", "pictures");

    [Theory]
    [MemberData(nameof(Pictures))]
    public void Svg_HasTheLabelsAndArrowsOfItsText(string name)
    {
        string text = File.ReadAllText(Path.Combine(Folder, $"{name}.dot"));
        var picture = Read(Path.Combine(Folder, $"{name}.svg"));

        LabelsOf(picture).ShouldBe(LabelsOf(text), ignoreOrder: true);
        TitlesOf(picture, "edge").ShouldBe(ArrowsOf(text), ignoreOrder: true);
        TitlesOf(picture, "node").Except(NodesOf(text)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("a [label=\"one\\ntwo\"]; a -> b -> c [label=\"x\"];", "one,two,x", "a->b,b->c")]
    [InlineData("// a -> z [label=\"no\"]\na -> b;", "", "a->b")]
    public void Text_IsReadAsDotReadsIt(string text, string labels, string arrows)
    {
        string.Join(',', LabelsOf(text)).ShouldBe(labels);
        string.Join(',', ArrowsOf(text)).ShouldBe(arrows);
    }

    /// <summary>A line each.</summary>
    private static IEnumerable<string> LabelsOf(string text) =>
        from Match label in Label().Matches(Comment().Replace(text, ""))
        from line in label.Groups["text"].Value.Split("\\n")
        where line.Length > 0
        select line;

    private static IEnumerable<string> LabelsOf(XDocument picture) =>
        picture.Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value.Replace('\u00a0', ' '));

    private static IEnumerable<string> ArrowsOf(string text) =>
        from Match chain in Chain().Matches(Comment().Replace(text, ""))
        let nodes = chain.Value.Split("->", StringSplitOptions.TrimEntries)
        from arrow in nodes.Zip(nodes.Skip(1), (head, tail) => $"{head}->{tail}")
        select arrow;

    private static IEnumerable<string> NodesOf(string text) => Word().Matches(Comment().Replace(text, "")).Select(word => word.Value);

    private static IEnumerable<string> TitlesOf(XDocument picture, string @class) =>
        from element in picture.Descendants()
        where element.Attribute("class")?.Value == @class
        select element.Elements().First(child => child.Name.LocalName == "title").Value;

    private static XDocument Read(string path)
    {
        // It names a DTD, which nobody fetches.
        using var reader = XmlReader.Create(path, new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader);
    }

    [GeneratedRegex("^\\s*//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex("\\blabel=\"(?<text>[^\"]*)\"")]
    private static partial Regex Label();

    [GeneratedRegex(@"\w+(?:\s*->\s*\w+)+")]
    private static partial Regex Chain();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();
}
