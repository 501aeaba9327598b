using UserProxy.Scenarios.Report.Html;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report.Charts;

/// <summary>A line for each path over the axis of a metric that grows: medians, whiskers from least to most, and the path's name at its end.</summary>
internal sealed class LineChart
{
    private const double Width = BarChart.Width;
    private const double Top = 26;
    private const double Bottom = 44;
    private const double LineHeight = 16;
    private const double MostForNames = 150;
    private const double Leader = 22;

    private readonly Markup _page;
    private readonly MetricResult _metric;
    private readonly IReadOnlyList<Standings> _points;
    private readonly Units _units;
    private readonly List<Series> _series;
    private readonly double _height;
    private readonly double _left;
    private readonly double _right;
    private readonly Scale _x;
    private readonly Scale _y;

    private LineChart(Markup page, IReadOnlyList<PathInfo> paths, MetricResult metric, IReadOnlyList<Standings> points, Units units)
    {
        _page = page;
        _metric = metric;
        _points = points;
        _units = units;
        _series =
        [
            .. from path in paths
               let lines = points.SelectMany(point => point.All.Where(one => one.Path == path && one.HasValue).Select(one => (point.At, one.Sample))).ToList()
               where lines.Count > 0
               select new Series(path, paths.Where(other => ChartClass.Of(other) == ChartClass.Of(path)).TakeWhile(other => other != path).Count(), lines),
        ];
        _height = Math.Max(300, (_series.Count * LineHeight) + Top + Bottom);

        var samples = _series.SelectMany(series => series.Points).Select(point => point.Sample).ToList();
        double bottom = _height - Bottom;
        _y = Vertical(samples, units, bottom);
        _left = 10 + _y.Ticks(7).Max(tick => TextWidth.Of(Figures.Tick(tick)));
        _right = Width - Leader - Math.Min(MostForNames, _series.Select(series => TextWidth.Of(series.Path.Label)).DefaultIfEmpty(0).Max());
        double first = points[0].At, last = points[^1].At;
        _x = first > 0 && last / first >= 20 ? Scale.LogarithmicExactly(first, last, _left + 12, _right - 12) : Scale.Linear(last, _left, _right - 12);
    }

    public static void Write(Markup page, IReadOnlyList<PathInfo> paths, MetricResult metric, IReadOnlyList<Standings> points, Units units) =>
        new LineChart(page, paths, metric, points, units).Write();

    private static Scale Vertical(List<Sample> samples, Units units, double bottom)
    {
        double least = samples.Select(sample => sample.Min / units.PerShown).DefaultIfEmpty(0).Min(),
        most = samples.Select(sample => sample.Max / units.PerShown).DefaultIfEmpty(0).Max();
        return least > 0 && most / least >= 50 ? Scale.Logarithmic(least, most, bottom, Top) : Scale.Linear(most * 1.03, bottom, Top);
    }

    private void Write()
    {
        _page.Open(
            "svg", ("class", "chart"), ("viewBox", $"0 0 {Width} {_height}"), ("width", Width), ("height", _height), ("role", "img"),
            ("aria-label", $"{_metric.Name} by {_metric.Axis}"));
        WriteAxes();
        foreach (var series in _series) WriteLine(series);
        WriteNames();
        _page.Close();
    }

    private void WriteAxes()
    {
        double bottom = _height - Bottom;
        string title = Wording.Caption(_units, _metric, more: _y.IsLogarithmic ? "and the axis is logarithmic" : null);
        _page.Element("text", TextWidth.Fit(title, Width - 4), ("class", "axis-title"), ("x", 2), ("y", 13));
        foreach (double tick in _y.Ticks(7))
        {
            double y = _y.At(tick);
            _page.Empty("line", ("class", "grid"), ("x1", _left), ("x2", _right), ("y1", y), ("y2", y));
            _page.Element("text", Figures.Tick(tick), ("class", "tick"), ("x", _left - 6), ("y", y + 4), ("text-anchor", "end"));
        }

        double free = double.NegativeInfinity;
        foreach (double at in _points.Select(point => point.At))
        {
            double x = _x.At(at), half = (TextWidth.Of(Figures.Tick(at)) / 2) + 4;
            _page.Empty("line", ("class", "grid"), ("x1", x), ("x2", x), ("y1", Top), ("y2", bottom + 4));
            if (x - half < free) continue;
            _page.Element("text", Figures.Tick(at), ("class", "tick"), ("x", x), ("y", bottom + 18), ("text-anchor", "middle"));
            free = x + half;
        }

        string axis = (_metric.Axis ?? "") + (_x.IsLogarithmic ? " (logarithmic)" : "");
        _page.Element("text", TextWidth.Fit(axis, Width - _left), ("class", "axis-title"), ("x", _left), ("y", bottom + 38));
    }

    private void WriteLine(Series series)
    {
        var places = series.Points.Select(point => (X: _x.At(point.At), Y: Y(point.Sample.Median))).ToList();
        string path = string.Join(' ', places.Select((place, i) => FormattableString.Invariant($"{(i == 0 ? "M" : "L")}{place.X:0.#},{place.Y:0.#}")));
        string kind = ChartClass.Of(series.Path);
        _page.Empty("path", ("class", $"line {kind}-line dash-{series.Number % 3}"), ("d", path));
        for (int i = 0; i < places.Count; i++)
        {
            var sample = series.Points[i].Sample;
            // A little beside each other, or whiskers of paths that are level would hide one another.
            double x = places[i].X + ((series.Number % 5) - 2);
            _page.Empty("line", ("class", $"line {kind}-line"), ("x1", x), ("x2", x), ("y1", Y(sample.Min)), ("y2", Y(sample.Max)));
            WriteMark(series.Number, kind, places[i].X, places[i].Y);
        }
    }

    private void WriteMark(int number, string kind, double x, double y)
    {
        switch (number % 3)
        {
            case 0:
                _page.Empty("circle", ("class", kind), ("cx", x), ("cy", y), ("r", 4));
                break;
            case 1:
                _page.Empty("rect", ("class", kind), ("x", x - 3.5), ("y", y - 3.5), ("width", 7), ("height", 7));
                break;
            default:
                _page.Empty("path", ("class", kind), ("d", FormattableString.Invariant($"M{x:0.#},{y - 5:0.#} l5,9 l-10,0 z")));
                break;
        }
    }

    /// <summary>Beside the ends of the lines, moved apart from the top down, then from the bottom up.</summary>
    private void WriteNames()
    {
        var names = _series.Select(
            series => (Series: series, End: (X: _x.At(series.Points[^1].At), Y: Y(series.Points[^1].Sample.Median)))).OrderBy(name => name.End.Y).ToList();
        double[] places = [.. names.Select(name => name.End.Y)];
        double highest = Top + 4, lowest = _height - Bottom - 2;
        for (int i = 0; i < places.Length; i++) places[i] = Math.Max(places[i], i == 0 ? highest : places[i - 1] + LineHeight);
        for (int i = places.Length - 1; i >= 0; i--) places[i] = Math.Min(places[i], i == places.Length - 1 ? lowest : places[i + 1] - LineHeight);

        for (int i = 0; i < names.Count; i++)
        {
            var (series, end) = names[i];
            _page.Empty("path", ("class", "leader"), ("d", FormattableString.Invariant($"M{end.X + 6:0.#},{end.Y:0.#} L{_right + 4:0.#},{places[i]:0.#} h8")));
            string shown = TextWidth.Fit(series.Path.Label, Width - _right - 16);
            _page.Open("text", ("class", $"{ChartClass.Of(series.Path)}-name"), ("x", _right + 16), ("y", places[i] + 4));
            _page.Text(shown);
            if (shown != series.Path.Label) _page.Element("title", series.Path.Label);
            _page.Close();
        }
    }

    private double Y(double value) => _y.At(value / _units.PerShown);

    /// <param name="Path">Whose line.</param>
    /// <param name="Number">Among those of its kind, which have one colour: tells them apart by marks and dashes, the same in every chart.</param>
    /// <param name="Points">With a value, in the order of the axis; never none.</param>
    private sealed record Series(PathInfo Path, int Number, IReadOnlyList<(double At, Sample Sample)> Points);
}
