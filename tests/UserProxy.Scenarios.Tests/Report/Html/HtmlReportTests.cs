using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using UserProxy.Scenarios.Report;
using UserProxy.Scenarios.Report.Html;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Tests.Report.Html;

/// <summary>The page: what is in it, that nothing gets out of its place, and how a real browser lays it out.</summary>
public sealed partial class HtmlReportTests
{
    private const int Width = 1_280, Phone = 400;

    public static TheoryData<string> Reports => [.. Samples.All.Keys];

    [Theory]
    [MemberData(nameof(Reports))]
    public async Task Page_In1280Pixels_HasNoOverlapAndNoOverflow(string name)
    {
        Chromium.SkipUnlessInstalled();

        var layout = await Layout.OfAsync(Write(Samples.All[name]), Width);

        layout.Texts.Count.ShouldBeGreaterThan(20);
        layout.Violations.ShouldBeEmpty();
        layout.PageWidth.ShouldBeLessThanOrEqualTo(Width);
        layout.Texts.ShouldAllBe(text => text.Left >= 0 && text.Right <= Width);
        layout.Outside.ShouldBeEmpty();
        layout.Overlaps().ShouldBeEmpty();
    }

    /// <summary>Of a phone. Charts of scenarios may be pushed sideways, so that their text keeps its size; everything else fits.</summary>
    [Fact]
    public async Task Page_In400Pixels_FitsAPhone()
    {
        Chromium.SkipUnlessInstalled();

        var layout = await Layout.OfAsync(Write(Samples.Full), Phone);

        layout.Texts.Count.ShouldBeGreaterThan(100);
        layout.PageWidth.ShouldBeLessThanOrEqualTo(Phone);
        layout.Outside.ShouldAllBe(what => what.StartsWith("FIGURE", StringComparison.Ordinal));
        layout.Texts.Where(text => text.Chart == 0).ShouldAllBe(text => text.Left >= 0 && text.Right <= Phone);
        layout.Texts.Where(text => text.Chart == 0).ShouldNotBeEmpty();
        layout.Overlaps().ShouldBeEmpty();
    }

    /// <summary>What a reader meets first: a sentence, a picture, and no column before it.</summary>
    [Fact]
    public void Page_OpensWithOneSentenceAndOneChart()
    {
        var main = Parse(Write(Samples.Full)).Descendants().Single(element => element.Name.LocalName == "main");

        main.Elements().Take(3).Select(element => element.Name.LocalName).ShouldBe(["h1", "p", "figure"]);
        main.Elements().ElementAt(1).Value.ShouldBe(Headline.Of(Samples.Full));
        main.Elements().ElementAt(2).Elements().Last().Value.ShouldEndWith(".");
    }

    /// <summary>Of a scenario, in a chart or over a table.</summary>
    [Fact]
    public void Captions_AreWholeSentences()
    {
        var page = Parse(Write(Samples.Full));
        string[] captions =
        [
            .. page.Descendants().Where(element => element.Name.LocalName == "h4" || element.Attribute("class")?.Value == "axis-title")
                .Select(element => element.Value).Where(text => text.Contains("better", StringComparison.Ordinal)),
        ];

        captions.Length.ShouldBeGreaterThan(10);
        captions.ShouldAllBe(text => text.StartsWith("Shown is ", StringComparison.Ordinal) && text.EndsWith('.'));
    }

    /// <summary>That the case above can fail: each defect is planted in a page that has none.</summary>
    [Theory]
    [InlineData(
        "</main>", "<svg class=\"chart\" width=\"300\" height=\"50\"><text x=\"10\" y=\"20\">one text</text><text x=\"40\" "
            + "y=\"22\">another</text></svg></main>", "overlap")]
    [InlineData(
        "</main>", "<svg class=\"chart\" width=\"300\" height=\"50\"><rect x=\"10\" y=\"5\" width=\"90\" height=\"20\"/><text x=\"40\" y=\"20\">on a "
            + "bar</text></svg></main>", "overlap")]
    [InlineData("</main>", "<svg class=\"chart\" width=\"50\" height=\"50\"><text x=\"10\" y=\"20\">longer than its chart</text></svg></main>", "outside")]
    [InlineData("</h1>", "<span style=\"color: red\">x</span></h1>", "violation")]
    [InlineData("overflow-wrap: anywhere", "overflow-wrap: normal", "violation")] // another style sheet than the policy names
    public async Task Page_WithAPlantedDefect_IsSeen(string at, string defect, string expected)
    {
        Chromium.SkipUnlessInstalled();

        var layout = await Layout.OfAsync(Write(Samples.Full).Replace(at, defect, StringComparison.Ordinal), Width);

        string[] seen = [.. layout.Overlaps().Select(_ => "overlap"), .. layout.Outside.Select(_ => "outside"), .. layout.Violations.Select(_ => "violation")];
        seen.ShouldContain(expected);
    }

    [Fact]
    public void Page_NeedsNothingElse()
    {
        string page = Write(Samples.Full);

        page.ShouldNotContain("<script");
        Address().Matches(page.Replace("http://10.97.0.10", "", StringComparison.Ordinal)).Select(match => match.Value).ShouldBeEmpty();
        string css = StyleSheet().Match(page).Groups[1].Value;
        string hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(css)));
        System.Net.WebUtility.HtmlDecode(page)
            .ShouldContain(
                $"""content="default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'">""".Replace(
                    "\">", "\"/>", StringComparison.Ordinal));
    }

    /// <summary>The page is also well-formed XML, whatever names and outputs hold: an element out of them would show.</summary>
    [Theory]
    [MemberData(nameof(Reports))]
    public void Page_AnyText_IsTextOnly(string name)
    {
        var page = Parse(Write(Samples.All[name]));

        string[] known = [
            "html", "head", "meta", "title", "style", "body", "main", "nav", "section", "h1", "h2", "h3", "h4", "p", "pre", "code", "ul", "li", "a", "div",
            "figure", "table", "tr", "th", "td", "small", "details", "summary", "svg", "g", "line", "rect", "path", "circle", "text"];
        page.Descendants().Select(element => element.Name.LocalName).Distinct().ShouldBeSubsetOf(known);
        page.Descendants().Attributes().Select(
            attribute => attribute.Name.LocalName).ShouldNotContain(attribute => attribute.StartsWith("on", StringComparison.Ordinal) || attribute == "style");
    }

    [Fact]
    public void Page_SaysWhatIsNeededToRepeatIt()
    {
        string text = Parse(Write(Samples.Full)).Root!.Value;

        string[] facts =
        [
            "2026-11-21 14:05 UTC", "47 min", "each path 5 times, in turn, round by round", Samples.Full.Command, "AMD EPYC 9B14", "6.18.5",
                "TCP cubic", "0.1 % stolen by the host",
                "Debian GNU/Linux 12", ".NET 10.0.0", "7.75 GiB", "0.420",
            .. Samples.Full.Notes, .. Samples.Full.Tools.Keys, .. Samples.Full.Tools.Values, .. Samples.Full.Paths.Select(path => path.Setup),
            .. Samples.Full.Scenarios.Select(scenario => scenario.Command),
            .. Samples.Full.Scenarios.Select(scenario => scenario.Method),
        ];
        foreach (string fact in facts) text.ShouldContain(fact);
    }

    /// <summary>A ceiling beside every number: each chart has the line of direct or, where direct gave no value, says so.</summary>
    [Fact]
    public void Charts_NameAxisUnitAndCeiling()
    {
        var charts = Charts(Write(Samples.Full));

        charts.Count.ShouldBe(Samples.Full.Scenarios.Sum(scenario => scenario.Metrics.Count));
        foreach (var chart in charts)
        {
            var texts = chart.Elements().Where(element => element.Name.LocalName == "text").ToList();
            texts.Single(text => text.Value.Contains("is better", StringComparison.Ordinal)).Attribute("class")!.Value.ShouldBe("axis-title");
            texts.Count(text => text.Attribute("class")?.Value == "tick").ShouldBeGreaterThan(2);
        }

        var bars = charts.Where(chart => chart.Descendants().Any(element => element.Name.LocalName == "rect" && element.Attribute("rx") is not null)).ToList();
        bars.Count.ShouldBe(8);
        // nothing to hold in memory without a proxy
        bars.Count(chart => chart.Elements().Any(element => element.Attribute("class")?.Value == "ceiling")).ShouldBe(7);
    }

    [Fact]
    public void Chart_PathWithoutValue_SaysWhy()
    {
        var texts = Parse(
            Write(Samples.Full)).Descendants().Where(element => element.Name.LocalName == "text" && element.Attribute("class")?.Value == "missing");

        texts.Select(text => text.Value).Distinct().ShouldBe(["socat has no port left after 28,000 connections", "no process holds the connection"]);
    }

    [Fact]
    public void Bars_AreAsLongAsTheirMedians()
    {
        var chart = Charts(Write(Samples.Full))[0];
        double[] widths = [
            .. chart.Elements().Where(
                element => element.Name.LocalName == "rect").Select(bar => double.Parse(bar.Attribute("width")!.Value, CultureInfo.InvariantCulture))];

        double[] medians = [82_533, 67_200, 70_900, 61_005, 57_713, 45_201, 62_991];
        widths.Length.ShouldBe(medians.Length);
        for (int i = 0; i < medians.Length; i++) (widths[i] / widths[0]).ShouldBe(medians[i] / medians[0], tolerance: 0.002);
    }

    /// <summary>WCAG: 4.5 for text, 3 for what is drawn; in the light and in the dark.</summary>
    [Fact]
    public void Colours_OnTheirGround_HaveContrast()
    {
        var schemes = PageStyle.Css.Split("@media (prefers-color-scheme: dark)").Take(2)
            .Select(
                part => Colour().Matches(
                    part).DistinctBy(match => match.Groups[1].Value).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value)).ToList();

        schemes.Count.ShouldBe(2);
        foreach (var scheme in schemes)
        {
            foreach (string ground in (string[])["ground", "raised"])
            {
                foreach (string ink in (string[])["ink", "soft", "good", "bad"])
                    Contrast(scheme[ink], scheme[ground]).ShouldBeGreaterThan(4.5, $"{ink} on {ground}");
                foreach (string shape in (string[])["direct", "kernel", "peer", "own"])
                    Contrast(scheme[shape], scheme[ground]).ShouldBeGreaterThan(3, $"{shape} on {ground}");
            }
        }

        static double Contrast(string one, string other)
        {
            double a = Luminance(one), b = Luminance(other);
            return (Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05);
        }

        static double Luminance(string colour)
        {
            double[] parts = [
                .. Enumerable.Range(0, 3).Select(i => int.Parse(colour.AsSpan(2 * i, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0).Select(
                    part => part <= 0.04045 ? part / 12.92 : Math.Pow((part + 0.055) / 1.055, 2.4))];
            return (0.2126 * parts[0]) + (0.7152 * parts[1]) + (0.0722 * parts[2]);
        }
    }

    private static string Write(BenchReport report)
    {
        var output = new StringWriter { NewLine = "\n" };
        HtmlReport.Write(output, SoundReport.Of(report));
        return output.ToString();
    }

    /// <summary>Those of the scenarios.</summary>
    private static List<XElement> Charts(string page) =>
        [.. Parse(page).Descendants().Where(element => element.Name.LocalName == "svg" && element.Attribute("class")!.Value == "chart")];

    private static XDocument Parse(string page) => XDocument.Parse(page["<!DOCTYPE html>".Length..].TrimStart());

    [GeneratedRegex("(https?:)?//[a-z0-9]|url\\(|@import|src=", RegexOptions.IgnoreCase)]
    private static partial Regex Address();

    [GeneratedRegex("<style>(.*)</style>", RegexOptions.Singleline)]
    private static partial Regex StyleSheet();

    [GeneratedRegex("--([a-z]+): #([0-9a-f]{6})")]
    private static partial Regex Colour();
}
