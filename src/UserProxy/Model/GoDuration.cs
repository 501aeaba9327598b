using System.Buffers;
using System.Globalization;
using System.Text;

namespace UserProxy.Model;

/// <summary>
/// Durations as Go's <c>time.ParseDuration</c> reads them and <c>Duration.String</c> writes them (<c>250ms</c>, <c>1m30s</c>), because
/// that is what every Kubernetes user types. Used by annotations, options and output.
/// </summary>
public static class GoDuration
{
    // Go counts nanoseconds in an int64: what it refuses as out of range is refused here too.
    private const decimal MaxNanoseconds = long.MaxValue;

    // More digits than an int64 has are an overflow anyway; the bound keeps the decimal arithmetic exact and safe.
    private const int MaxDigits = 19;

    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    /// <summary>A value finer than .NET's 100 ns is rounded, but never to zero: <c>1ns</c> must not come to mean "none".</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan value)
    {
        value = default;
        bool negative = text is ['-', ..];
        if (text is ['-' or '+', ..]) text = text[1..];
        if (text is "0") return true;
        if (text.IsEmpty) return false;

        decimal nanoseconds = 0;
        while (!text.IsEmpty)
        {
            if (!TryTakeNumber(ref text, out decimal number) || !TryTakeUnit(ref text, out decimal unit)) return false;
            // Before the product: nineteen digits of hours are beyond what a decimal can hold.
            if (number > MaxNanoseconds / unit) return false;
            nanoseconds += number * unit;
            if (nanoseconds > MaxNanoseconds) return false;
        }

        long ticks = (long)decimal.Round(nanoseconds / TimeSpan.NanosecondsPerTick, MidpointRounding.AwayFromZero);
        if (ticks == 0 && nanoseconds > 0) ticks = 1;
        value = TimeSpan.FromTicks(negative ? -ticks : ticks);
        return true;
    }

    public static string Format(TimeSpan value)
    {
        if (value == TimeSpan.Zero) return "0s";

        string sign = value < TimeSpan.Zero ? "-" : "";
        decimal ticks = Math.Abs((decimal)value.Ticks);
        if (ticks < TimeSpan.TicksPerMicrosecond) return $"{sign}{Number(ticks * TimeSpan.NanosecondsPerTick)}ns";
        if (ticks < TimeSpan.TicksPerMillisecond) return $"{sign}{Number(ticks / TimeSpan.TicksPerMicrosecond)}µs";
        if (ticks < TimeSpan.TicksPerSecond) return $"{sign}{Number(ticks / TimeSpan.TicksPerMillisecond)}ms";

        decimal hours = decimal.Truncate(ticks / TimeSpan.TicksPerHour);
        decimal minutes = decimal.Truncate(ticks % TimeSpan.TicksPerHour / TimeSpan.TicksPerMinute);
        var text = new StringBuilder(sign);
        if (hours > 0) text.Append(Number(hours)).Append('h');
        if (hours > 0 || minutes > 0) text.Append(Number(minutes)).Append('m');
        return text.Append(Number(ticks % TimeSpan.TicksPerMinute / TimeSpan.TicksPerSecond)).Append('s').ToString();
    }

    private static string Number(decimal value) => value.ToString("0.#########", CultureInfo.InvariantCulture);

    private static bool TryTakeNumber(ref ReadOnlySpan<char> text, out decimal number)
    {
        number = 0;
        int length = text.IndexOfAnyExcept(NumberCharacters);
        if (length <= 0) return false; // no number, or a number without a unit

        var digits = text[..length];
        text = text[length..];
        int point = digits.IndexOf('.');
        var whole = point < 0 ? digits : digits[..point];
        var fraction = point < 0 ? [] : digits[(point + 1)..];
        if (whole.IsEmpty && fraction.IsEmpty) return false;
        if (fraction.Contains('.') || whole.TrimStart('0').Length > MaxDigits) return false;

        // What lies beyond the first digits of a fraction is far below a nanosecond.
        if (fraction.Length > 15) fraction = fraction[..15];
        decimal scale = 1;
        foreach (char digit in whole) number = (number * 10) + (digit - '0');
        foreach (char digit in fraction) number += (digit - '0') * (scale /= 10);
        return true;
    }

    private static bool TryTakeUnit(ref ReadOnlySpan<char> text, out decimal nanoseconds)
    {
        int length = text.IndexOfAny(NumberCharacters);
        var unit = length < 0 ? text : text[..length];
        text = text[unit.Length..];
        nanoseconds = unit switch
        {
            "ns" => 1,
            "us" or "µs" or "μs" => 1_000, // U+00B5 and U+03BC, as in Go
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => 0,
        };
        return nanoseconds > 0;
    }
}
