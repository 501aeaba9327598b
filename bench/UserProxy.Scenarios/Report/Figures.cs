using System.Globalization;

namespace UserProxy.Scenarios.Report;

/// <summary>Numbers as all forms of the report write them: about three digits that count, never more room than a dozen letters.</summary>
internal static class Figures
{
    public static string Text(double value)
    {
        double size = Math.Abs(value);
        string format = size switch
        {
            0 => "0",
            >= 1e10 or < 1e-4 => "0.00e+0",
            >= 100 => "#,0",
            _ when value == Math.Floor(value) => "0",
            >= 10 => "0.0",
            >= 1 => "0.00",
            >= 0.1 => "0.000",
            _ => "0.0000",
        };
        return value.ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>"82.5 k", "1.24 M": for a terminal, where a column is narrow and the report has the rest.</summary>
    public static string Short(double value) => Math.Abs(value) switch
    {
        >= 1e6 and < 1e10 => $"{Text(value / 1e6)} M",
        >= 10_000 and < 1e6 => $"{Text(value / 1e3)} k",
        _ => Text(value),
    };

    /// <summary>"79.6-93.6 k"; one number where both are the same.</summary>
    public static string ShortRange(double least, double most)
    {
        string from = Short(least), to = Short(most);
        if (from == to) return from;
        // The letter once, where both have it.
        if (from.Length > 2 && from[^2] == ' ' && from[^1] == to[^1]) from = from[..^2];
        return least < 0 || from.Contains('e') || to.Contains('e') ? $"{from} to {to}" : $"{from}-{to}";
    }

    /// <summary>"55,619-68,739"; one number where both are the same.</summary>
    public static string Range(double least, double most)
    {
        string from = Text(least), to = Text(most);
        return from == to ? from : least < 0 || from.Contains('e') || to.Contains('e') ? $"{from} to {to}" : $"{from}-{to}";
    }

    /// <summary>A tick of an axis or a place on it: exact, as ticks are round.</summary>
    public static string Tick(double value)
    {
        double size = Math.Abs(value);
        return size is >= 1e10 or (> 0 and < 1e-4)
            ? value.ToString("0.##e+0", CultureInfo.InvariantCulture)
            : value.ToString("#,0.######", CultureInfo.InvariantCulture);
    }
}
