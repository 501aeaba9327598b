using System.Net;
using System.Text.Json;

namespace UserProxy.Scenarios.Tests.Report.Html;

/// <summary>
/// Where a browser puts every text of a page. The page is measured by a script that is let in beside its own policy, which holds for everything else.
/// </summary>
/// <param name="PageWidth">What would have to be scrolled, in pixels.</param>
/// <param name="Texts">Each line of each text.</param>
/// <param name="Bars">Rectangles of charts.</param>
/// <param name="Outside">Texts of charts that stand outside of their chart, and elements whose content is wider than they are.</param>
/// <param name="Violations">What the policy of the page kept out.</param>
internal sealed record Layout(
    double PageWidth, IReadOnlyList<Box> Texts, IReadOnlyList<Box> Bars, IReadOnlyList<string> Outside, IReadOnlyList<string> Violations)
{
    private const int LeastWindow = 600;

    private const string Script = """
        addEventListener('load', () => {
          document.querySelectorAll('details').forEach(one => one.open = true);
          const box = (rect, text, chart) => ({ text, chart, left: rect.left, top: rect.top + scrollY, right: rect.right, bottom: rect.bottom + scrollY });
          const charts = [...document.querySelectorAll('svg')];
          const texts = [], outside = [];
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const node = walker.currentNode, text = node.data.trim();
            if (!text || node.parentElement.closest('title, script')) continue;
            const range = document.createRange();
            range.selectNodeContents(node);
            const svg = node.parentElement.closest('svg');
            for (const rect of range.getClientRects()) {
              if (!rect.width) continue;
              texts.push(box(rect, text.slice(0, 60), charts.indexOf(svg)));
              if (!svg) continue;
              const frame = svg.getBoundingClientRect();
              if (rect.left < frame.left - 1 || rect.right > frame.right + 1 || rect.top < frame.top - 2 || rect.bottom > frame.bottom + 2) outside.push(text.slice(0, 60));
            }
          }
          document.querySelectorAll('body *').forEach(one => {
            if (!one.closest('svg') && one.clientWidth && one.scrollWidth > one.clientWidth + 1) outside.push(one.tagName + ' ' + one.textContent.trim().slice(0, 60));
          });
          const bars = [...document.querySelectorAll('svg rect')].map(one => box(one.getBoundingClientRect(), 'bar', charts.indexOf(one.closest('svg'))));
          const found = document.createElement('pre');
          found.id = 'measured';
          found.textContent = JSON.stringify({ pageWidth: document.documentElement.scrollWidth, texts, bars, outside, violations });
          (parent === window ? document : parent.document).body.append(found);
        });
        """;

    public static async Task<Layout> OfAsync(string page, int width)
    {
        // The watch stands before the policy, so that it sees all that this one keeps out.
        string open = page.Replace("default-src &#39;none&#39;", "default-src &#39;none&#39;; script-src &#39;unsafe-inline&#39;", StringComparison.Ordinal);
        int head = open.IndexOf("<head>", StringComparison.Ordinal) + "<head>".Length;
        string watched = open.Insert(
            head, "<script>const violations = []; addEventListener('securitypolicyviolation', e => violations.push(e.violatedDirective));\n"
                + Script + "</script>");
        string dom = await Chromium.DomOfAsync(width < LeastWindow ? Framed(watched, width) : watched, width);

        const string Before = "<pre id=\"measured\">";
        int from = dom.LastIndexOf(Before, StringComparison.Ordinal);
        from.ShouldBeGreaterThan(0, "the page was not measured");
        from += Before.Length;
        string json = WebUtility.HtmlDecode(dom[from..dom.IndexOf("</pre>", from, StringComparison.Ordinal)]);
        return JsonSerializer.Deserialize<Layout>(json, JsonSerializerOptions.Web)!;
    }

    /// <summary>Windows have a least width; a frame in one has none, and the page sees no difference.</summary>
    private static string Framed(string page, int width) =>
        $"<!DOCTYPE html><body style=\"margin: 0\"><iframe style=\"width: {width}px; height: 2000px; border: 0\" "
            + $"srcdoc=\"{WebUtility.HtmlEncode(page)}\"></iframe></body>";

    /// <summary>Pairs of texts that share more than a line's rounding, and texts of a chart that stand on its bars.</summary>
    public IEnumerable<string> Overlaps()
    {
        var sorted = Texts.OrderBy(text => text.Top).ToList();
        for (int i = 0; i < sorted.Count; i++)
        {
            for (int j = i + 1; j < sorted.Count && sorted[j].Top < sorted[i].Bottom; j++)
            {
                if (sorted[i].Shares(sorted[j])) yield return $"{sorted[i]} and {sorted[j]}";
            }
        }

        foreach (var text in Texts.Where(text => text.Chart >= 0))
        {
            foreach (var bar in Bars.Where(bar => bar.Chart == text.Chart && bar.Shares(text))) yield return $"{text} on {bar}";
        }
    }
}

/// <summary>In pixels of the page.</summary>
internal sealed record Box(string Text, int Chart, double Left, double Top, double Right, double Bottom)
{
    private const double Slack = 1.5;

    public bool Shares(Box other) =>
        Math.Min(Right, other.Right) - Math.Max(Left, other.Left) > Slack && Math.Min(Bottom, other.Bottom) - Math.Max(Top, other.Top) > Slack;
}
