using System.Globalization;

namespace UserProxy.Microbenchmarks.Tests;

/// <summary>Whether what was counted is what bench/allocations.json says.</summary>
internal static class AllocationLimit
{
    /// <summary>Another patch of the runtime may make its own objects a little larger. Nothing is still nothing.</summary>
    private const double Slack = 0.02;

    /// <summary>What has become better by this much is written down, or it could creep back unseen.</summary>
    private const double Gain = 0.10;

    /// <param name="allowed">Of the file, null when it does not say.</param>
    /// <param name="measured">Bytes a call.</param>
    /// <returns>What is wrong; null for nothing.</returns>
    public static string? Judge(long? allowed, long measured)
    {
        if (allowed is not { } limit) return string.Create(CultureInfo.InvariantCulture, $"{measured:#,0} bytes a call, and not in the file");
        if (measured > limit * (1 + Slack))
            return string.Create(CultureInfo.InvariantCulture, $"{measured:#,0} bytes a call, over the {limit:#,0} of the file");
        return measured < limit * (1 - Gain)
            ? string.Create(CultureInfo.InvariantCulture, $"{measured:#,0} bytes a call, well under the {limit:#,0} of the file: let it keep the gain")
            : null;
    }
}
