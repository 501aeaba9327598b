using UserProxy.Scenarios.Report.Html;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report.Charts;

/// <summary>
/// The first picture of a report: of each group of scenarios the first one, and how one path of ours stands to the best peer and to iptables there. Narrow, so
/// that a phone shows it as it is. In the page, and as report.svg for Markdown.
/// </summary>
internal static class HeadlineChart
{
    public const double Width = 360;

    private const double Left = 4, Right = 226, PeerText = 292, KernelText = 358;
    private const double Head = 22, RowHeight = 40, Foot = 24;

    /// <summary>So many times better or worse is the end of the axis; what is beyond stands there as an arrow.</summary>
    private const double End = 8;

    private static readonly Scale Axis = Scale.LogarithmicExactly(1 / End, End, Left, Right);

    /// <summary>The lines that it draws; none without anything to compare.</summary>
    public static IReadOnlyList<Glance> LinesOf(BenchReport report) =>
    [
        .. Glance.Of(report).Where(line => line.Own is { } own && (IsComparison(own.OfBestPeer) || IsComparison(own.OfIptables)))
            .DistinctBy(line => line.Scenario.Group),
    ];

    /// <summary>The picture alone. Without anything to compare it has no rows, so that one of an earlier run does not stay beside another report.</summary>
    public static void WriteFile(TextWriter output, BenchReport report) => Write(
        new Markup(output), LinesOf(report), Glance.OwnPath(report) is { } own ? Wording.HeadlineCaption(own) : "", isFile: true);

    public static void Write(Markup page, IReadOnlyList<Glance> lines, string caption, bool isFile = false)
    {
        double bottom = Head + (lines.Count * RowHeight), height = bottom + Foot;
        page.Open(
            "svg", ("xmlns", isFile ? "http://www.w3.org/2000/svg" : null), ("class", "chart headline"), ("viewBox", $"0 0 {Width} {height}"),
            ("width", Width), ("height", height), ("role", "img"), ("aria-label", caption));
        if (isFile)
        {
            page.Raw($"<style>{PageStyle.Css}</style>\n");
            page.Empty("rect", ("class", "cut"), ("x", 0), ("y", 0), ("width", Width), ("height", height));
        }

        Text(page, "behind", "tick", Left, 13);
        Text(page, "ahead", "tick", Right, 13, "end");
        Text(page, "best peer", "peer-name", PeerText, 13, "end");
        Text(page, "iptables", "kernel-name", KernelText, 13, "end");
        foreach (var (at, name) in (ReadOnlySpan<(double, string)>)[(0.25, "4x worse"), (1, "level"), (4, "4x better")])
        {
            page.Empty("line", ("class", at == 1 ? "ceiling" : "grid"), ("x1", Axis.At(at)), ("x2", Axis.At(at)), ("y1", Head), ("y2", bottom + 4));
            Text(page, name, "tick", Axis.At(at), bottom + 18, "middle");
        }

        for (int i = 0; i < lines.Count; i++) Row(page, lines[i], Head + (i * RowHeight));
        page.Close();
    }

    private static bool IsComparison(Ratio? ratio) => ratio is { Verdict: not Verdict.Itself };

    private static void Row(Markup page, Glance line, double y)
    {
        string title = line.Scenario.Title, fitted = TextWidth.Fit(title, Width - Left - 4);
        page.Open("text", ("class", "row-title"), ("x", Left), ("y", y + 12));
        page.Text(fitted);
        if (fitted != title) page.Element("title", title);
        page.Close();
        Mark(page, line.Own!.OfBestPeer, "peer", y + 21, PeerText);
        Mark(page, line.Own!.OfIptables, "kernel", y + 31, KernelText);
    }

    private static void Mark(Markup page, Ratio? ratio, string kind, double y, double textAt)
    {
        if (ratio is not { Verdict: not Verdict.Itself } one) return;
        double[] ends = [Place(one.Least), Place(one.Most)];
        if (ends.Max() - ends.Min() > 1) page.Empty("line", ("class", $"line {kind}-line"), ("x1", ends.Min()), ("x2", ends.Max()), ("y1", y), ("y2", y));
        double x = Place(one.Value), advantage = one.Advantage(one.Value);
        if (advantage is > End or < 1 / End)
        {
            double back = advantage > 1 ? -8 : 8;
            page.Empty("path", ("class", kind), ("d", FormattableString.Invariant($"M{x + back:0.#},{y - 4:0.#} l{-back:0.#},4 l{back:0.#},4 z")));
        }
        else if (kind == "peer") page.Empty("circle", ("class", kind), ("cx", x), ("cy", y), ("r", 4));
        else page.Empty("rect", ("class", kind), ("x", x - 3.5), ("y", y - 3.5), ("width", 7), ("height", 7));
        Text(page, TextWidth.Fit($"{one}", KernelText - PeerText - 4), $"{kind}-name", textAt, y + (kind == "peer" ? 8 : -2), "end");

        double Place(double value) => Axis.At(one.Advantage(value));
    }

    private static void Text(Markup page, string text, string kind, double x, double y, string? anchor = null) =>
        page.Element("text", text, ("class", kind), ("x", x), ("y", y), ("text-anchor", anchor));
}
