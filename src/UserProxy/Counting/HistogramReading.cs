namespace UserProxy.Counting;

/// <summary>A histogram as it was when it was read. <paramref name="Counts"/> are not cumulative; the last is of what is above all bounds.</summary>
public readonly record struct HistogramReading(HistogramBounds Bounds, IReadOnlyList<long> Counts, double SumSeconds)
{
    public long Count => Counts.Sum();

    /// <summary>Both together, of the same bounds: the two address families of one Service port.</summary>
    public static HistogramReading operator +(HistogramReading left, HistogramReading right) =>
        new(left.Bounds, [.. left.Counts.Zip(right.Counts, (one, other) => one + other)], left.SumSeconds + right.SumSeconds);
}
