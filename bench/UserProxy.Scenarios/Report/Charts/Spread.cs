using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report.Charts;

/// <summary>How far an axis goes.</summary>
internal static class Spread
{
    /// <summary>One repeat that went wrong must not press all others into a corner: beyond this much of the largest median, a whisker is cut.</summary>
    private const double MostOfMedian = 1.5;

    /// <summary>Nor must one path: a bar over this much of the next is cut.</summary>
    private const double MostOfNext = 20;

    /// <summary>In the measured unit. What is beyond it is drawn with an arrow; its number stands beside it.</summary>
    public static double TopOf(IEnumerable<Sample> samples)
    {
        var those = samples.Where(sample => sample.Values.Count > 0).OrderByDescending(sample => sample.Median).ToList();
        if (those.Count > 1 && those[1].Median > 0 && those[0].Median > MostOfNext * those[1].Median) those.RemoveAt(0);
        return those.Count == 0 ? 0 : Math.Min(those.Max(sample => sample.Max), MostOfMedian * those[0].Median) * 1.03;
    }
}
