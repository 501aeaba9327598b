namespace UserProxy.Counting;

/// <summary>Arithmetic of <see cref="TimeProvider.GetTimestamp"/>, whose unit is the provider's own. Used wherever a deadline is a timestamp.</summary>
public static class Timestamps
{
    /// <summary><paramref name="span"/> in the units of the provider.</summary>
    public static long Units(this TimeProvider time, TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    /// <summary>The timestamp of <paramref name="delay"/> from now.</summary>
    public static long After(this TimeProvider time, TimeSpan delay) => time.GetTimestamp() + time.Units(delay);

    /// <summary>The next pause of a row that doubles up to <paramref name="longest"/>.</summary>
    public static TimeSpan Doubled(this TimeSpan pause, TimeSpan longest) => pause * 2 < longest ? pause * 2 : longest;
}
