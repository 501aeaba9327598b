using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace UserProxy.FunctionalTests.Monitoring;

/// <summary>
/// A dashboard with what its queries gave, as one SVG: where each panel lies, and that it shows something. No Grafana, whose looks are its own: what a
/// reader needs to see that titles, legends and panels belong together.
/// </summary>
internal sealed class DrawnBoard(MonitoringFiles.Dashboard board)
{
    private const int Column = 58, Row = 30, Inset = 10, Line = 13, LegendLines = 5;

    private static readonly string[] Colours = ["#2468b8", "#c07518", "#17823f", "#b3261e", "#7d3fb5", "#2f8f9d", "#8a6d1d", "#57606a"];

    private readonly StringBuilder _svg = new();

    /// <param name="shown">What each target of a panel gave, in order, with its legend.</param>
    public string Draw(IReadOnlyDictionary<string, IReadOnlyList<(string Legend, RecordedPrometheus.Series Series)>> shown)
    {
        int height = board.Panels.Max(panel => At(panel, "y") + At(panel, "h")) * Row;
        _svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{24 * Column}\" height=\"{height}\" ");
        _svg.Append("style=\"font: 11px sans-serif; background: #f5f7f9\">\n");
        foreach (var panel in board.Panels)
        {
            string title = panel["title"]!.GetValue<string>(), type = panel["type"]!.GetValue<string>();
            double x = At(panel, "x") * Column, y = At(panel, "y") * Row, width = At(panel, "w") * Column, tall = At(panel, "h") * Row;
            if (type != "row") Rectangle(x + 2, y + 2, width - 4, tall - 4, "#ffffff");
            Text(x + Inset, y + 18, title, "font-weight: bold");
            if (type != "row") Content(type, shown[title], x + Inset, y + 28, width - (2 * Inset), tall - 36);
        }

        return _svg.Append("</svg>\n").ToString();
    }

    private static int At(JsonObject panel, string side) => panel["gridPos"]![side]!.GetValue<int>();

    private void Content(string type, IReadOnlyList<(string Legend, RecordedPrometheus.Series Series)> shown, double x, double y, double width, double height)
    {
        switch (type)
        {
            case "stat":
                Text(x, y + (height / 2) + 10, string.Join("  ", shown.Select(one => Number(one.Series.Values[^1]))), "font-size: 26px; fill: #17823f");
                break;
            case "table":
                foreach (var (i, row) in shown.GroupBy(one => one.Legend).Index())
                    Text(x, y + ((i + 1) * Line), $"{row.Key}:  {string.Join("   ", row.Select(one => Number(one.Series.Values[^1])))}");
                break;
            case "heatmap":
                Heatmap(shown, x, y, width, height);
                break;
            default:
                Lines(shown, x, y, width, height);
                break;
        }
    }

    private void Lines(IReadOnlyList<(string Legend, RecordedPrometheus.Series Series)> shown, double x, double y, double width, double height)
    {
        double most = Math.Max(1e-12, shown.SelectMany(one => one.Series.Values).Where(double.IsFinite).DefaultIfEmpty(1).Max());
        double plot = height - (LegendLines * Line);
        for (int i = 0; i < shown.Count; i++)
        {
            var values = shown[i].Series.Values;
            var points = values.Select((value, at) => (X: x + (width * at / Math.Max(1, values.Count - 1)), Y: y + plot - (plot * value / most)))
                .Where(point => double.IsFinite(point.Y));
            string path = string.Join(' ', points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{point.X:0.#},{point.Y:0.#}")));
            string colour = Colours[i % Colours.Length];
            _svg.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>\n");
            if (i < LegendLines - 1) Text(x, y + plot + ((i + 1) * Line), $"{shown[i].Legend}: {Number(values[^1])}", $"fill: {colour}");
        }

        if (shown.Count >= LegendLines) Text(x, y + plot + (LegendLines * Line), $"and {shown.Count - LegendLines + 1} more");
        Text(x + width, y + 8, Number(most), "text-anchor: end; fill: #57606a");
    }

    /// <summary>A row for each bucket, from the shortest below: what its border has more than the one before.</summary>
    private void Heatmap(IReadOnlyList<(string Legend, RecordedPrometheus.Series Series)> shown, double x, double y, double width, double height)
    {
        var rows = shown.OrderBy(one => RecordedPrometheus.Number(one.Legend)).ToList();
        double tall = height / rows.Count;
        for (int i = 0; i < rows.Count; i++)
        {
            double[] cells = [.. rows[i].Series.Values.Select((value, at) => value - (i == 0 ? 0 : rows[i - 1].Series.Values[at]))];
            for (int at = 0; at < cells.Length; at++)
            {
                if (cells[at] <= 0) continue;
                double shade = Math.Min(1, 0.15 + (cells[at] / Math.Max(1, rows[^1].Series.Values[at])));
                Rectangle(x + 40 + ((width - 40) * at / cells.Length), y + height - ((i + 1) * tall), (width - 40) / cells.Length, tall, "#c07518", shade);
            }

            Text(x, y + height - (i * tall) - 2, rows[i].Legend, "font-size: 8px");
        }
    }

    private void Rectangle(double x, double y, double width, double height, string colour, double shade = 1) => _svg.Append(
        CultureInfo.InvariantCulture,
        $"<rect x=\"{x:0.#}\" y=\"{y:0.#}\" width=\"{width:0.#}\" height=\"{height:0.#}\" fill=\"{colour}\" fill-opacity=\"{shade:0.##}\"/>\n");

    private void Text(double x, double y, string text, string style = "") => _svg.Append(
        CultureInfo.InvariantCulture, $"<text x=\"{x:0.#}\" y=\"{y:0.#}\" style=\"{style}\">{WebUtility.HtmlEncode(text)}</text>\n");

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
