using System.Diagnostics;
using System.Numerics;

namespace UserProxy.UdpLoad;

/// <summary>A histogram of times whose buckets grow with the value, each within 1 % (64 per power of two): constant size, no allocation per sample.</summary>
internal sealed class Latencies
{
    private const int StepBits = 6, Steps = 1 << StepBits;

    private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    private readonly long[] _buckets = new long[(64 - StepBits) * Steps];

    public void Record(long ticks) => _buckets[Bucket((ulong)Math.Max(0, ticks * NanosecondsPerTick))]++;

    public void Add(Latencies other)
    {
        for (int i = 0; i < _buckets.Length; i++) _buckets[i] += other._buckets[i];
    }

    /// <summary>In milliseconds; NaN without a sample.</summary>
    public double Quantile(double quantile)
    {
        long count = _buckets.Sum(), rank = Math.Max(1, (long)Math.Ceiling(quantile * count)), seen = 0;
        for (int i = 0; i < _buckets.Length && count > 0; i++)
        {
            seen += _buckets[i];
            if (seen >= rank) return Value(i) / 1e6;
        }
        return double.NaN;
    }

    private static int Bucket(ulong value)
    {
        if (value < Steps) return (int)value;
        int power = BitOperations.Log2(value);
        return ((power - StepBits + 1) << StepBits) + (int)((value >> (power - StepBits)) & (Steps - 1));
    }

    private static double Value(int bucket)
    {
        int power = bucket >> StepBits;
        return power == 0 ? bucket : Math.ScaleB(Steps + (bucket & (Steps - 1)), power - 1);
    }
}
