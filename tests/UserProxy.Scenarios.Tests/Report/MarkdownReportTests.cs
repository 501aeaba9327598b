using System.Xml.Linq;
using UserProxy.Scenarios.Report;
using UserProxy.Scenarios.Report.Charts;
using UserProxy.Scenarios.Report.Markdown;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Tests.Report.Html;

namespace UserProxy.Scenarios.Tests.Report;

/// <summary>
/// report.md and its report.svg against <c>golden</c>. To renew them, delete a file and run the test: it is written, and the test fails once; read the diff.
/// </summary>
public sealed class MarkdownReportTests
{
    [Fact]
    public void Full_IsAsBefore() => ShouldBeGolden("full.md", Write(Samples.Full));

    [Fact]
    public void Picture_IsAsBefore()
    {
        var picture = new StringWriter { NewLine = "\n" };
        HeadlineChart.WriteFile(picture, SoundReport.Of(Samples.Full));

        XDocument.Parse(picture.ToString()).Root!.Name.NamespaceName.ShouldBe("http://www.w3.org/2000/svg");
        ShouldBeGolden("report.svg", picture.ToString());
    }

    /// <summary>On a repository's page, as a phone shows it: command lines may be pushed sideways, nothing else has to be.</summary>
    [Fact]
    public async Task Full_In400Pixels_FitsAPhone()
    {
        Chromium.SkipUnlessInstalled();
        GitHubPage.SkipWithoutItsFont();

        var layout = await Layout.OfAsync(GitHubPage.Of(Samples.Full, Write(Samples.Full)), width: 400);

        layout.Texts.Count.ShouldBeGreaterThan(200);
        layout.PageWidth.ShouldBeLessThanOrEqualTo(400);
        layout.Outside.ShouldAllBe(what => what.StartsWith("PRE", StringComparison.Ordinal));
    }

    [Fact]
    public void Full_OpensWithOneSentenceAndOneChart()
    {
        string[] blocks = Write(Samples.Full).Split("\n\n");

        blocks[0].ShouldStartWith("# ");
        blocks[1].ReplaceLineEndings(" ").ShouldBe(Headline.Of(Samples.Full));
        blocks[2].ShouldEndWith("(report.svg)");
        blocks[3].ShouldEndWith(".");
    }

    /// <summary>A row that has more cells than its head is a name that got out.</summary>
    [Fact]
    public void Odd_EveryRowHasTheCellsOfItsHead()
    {
        int columns = 0, rows = 0;
        foreach (string line in Write(Samples.Odd).Split('\n'))
        {
            if (!line.StartsWith('|')) columns = 0;
            else
            {
                int cells = line.Replace(@"\\", "", StringComparison.Ordinal).Replace(@"\|", "", StringComparison.Ordinal).Count(letter => letter == '|') - 1;
                if (columns == 0) columns = cells;
                cells.ShouldBe(columns, line);
                rows++;
            }
        }

        rows.ShouldBeGreaterThan(100);
    }

    [Theory]
    [InlineData("a|b", @"a\|b")]
    [InlineData(@"\|", @"\\\|")]
    [InlineData("<script>", @"\<script\>")]
    [InlineData("KUBE-SVC-*", @"KUBE-SVC-\*")]
    [InlineData("[x](javascript:1)", @"\[x\](javascript:1)")]
    [InlineData("two\nlines", "two lines")]
    [InlineData("`code`", @"\`code\`")]
    [InlineData("x0.94 ~", @"x0.94 \~")]
    public void Escape_Markdown_IsText(string text, string expected) => MarkdownTable.Escape(text).ShouldBe(expected);

    [Fact]
    public void Command_WithALineEnd_StaysCode() =>
        Write(Samples.Full with { Command = "run\n# not a heading" }).ShouldContain("\n    run # not a heading\n");

    private static void ShouldBeGolden(string name, string text)
    {
        string path = Path.Combine(Repository.Root, "tests", "UserProxy.Scenarios.Tests", "Report", "golden", name);
        if (!File.Exists(path))
        {
            File.WriteAllText(path, text);
            Assert.Fail($"{path} was not there; it is now");
        }

        text.ShouldBe(File.ReadAllText(path));
    }

    private static string Write(BenchReport report)
    {
        var output = new StringWriter { NewLine = "\n" };
        MarkdownReport.Write(output, SoundReport.Of(report));
        return output.ToString();
    }
}
