using System.Globalization;

namespace UserProxy.Scenarios.Paths;

/// <summary>
/// Changes of a cluster's slices that <see cref="ClusterProcess"/> asks <see cref="ClusterCommand"/> for: a line to its input, and a line of its output when
/// they have been made.
/// </summary>
/// <param name="Rate">A second.</param>
/// <param name="Seconds">For so long.</param>
/// <param name="Slices">One after the other changes, and then the first one again.</param>
internal sealed record SliceEvents(int Rate, int Seconds, int Slices)
{
    private const string Asked = "events", Made = "sent";

    /// <summary>Null for any other line.</summary>
    public static SliceEvents? TryParse(string line) =>
        line.Split(' ') is [Asked, var rate, var seconds, var slices] ? new SliceEvents(Number(rate), Number(seconds), Number(slices)) : null;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Asked} {Rate} {Seconds} {Slices}");

    public static string Sent(double perSecond) => string.Create(CultureInfo.InvariantCulture, $"{Made} {perSecond:0.0}");

    /// <summary>False while they are being made.</summary>
    public static bool TryReadSent(string output, out double perSecond)
    {
        perSecond = 0;
        // Without its end the line may not be whole.
        return output.Split('\n')[..^1].FirstOrDefault(line => line.StartsWith(Made + " ", StringComparison.Ordinal)) is { } line
            && double.TryParse(line.AsSpan(Made.Length + 1), CultureInfo.InvariantCulture, out perSecond);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
