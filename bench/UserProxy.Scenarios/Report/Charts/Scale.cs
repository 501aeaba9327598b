namespace UserProxy.Scenarios.Report.Charts;

/// <summary>
/// Where values stand on an axis, and which of them are written there. Linear from 0, or logarithmic where a linear axis would hide the small ones.
/// </summary>
internal sealed class Scale
{
    private readonly double _low;
    private readonly double _high;
    private readonly double _from;
    private readonly double _length;

    private Scale(double low, double high, double from, double length, bool isLogarithmic)
    {
        _low = low;
        _high = high;
        _from = from;
        _length = length;
        IsLogarithmic = isLogarithmic;
    }

    public bool IsLogarithmic { get; }

    /// <param name="top">The largest value that must be on it; 0 gives an axis to 1.</param>
    /// <param name="from">Pixel of 0.</param>
    /// <param name="to">Pixel of the top; may be left of or above <paramref name="from"/>.</param>
    public static Scale Linear(double top, double from, double to) => new(0, top > 0 ? top : 1, from, to - from, isLogarithmic: false);

    /// <summary>From whole power of ten to whole power of ten.</summary>
    public static Scale Logarithmic(double least, double most, double from, double to)
    {
        double low = Math.Floor(Math.Log10(least) + 1e-9), high = Math.Ceiling(Math.Log10(most) - 1e-9);
        return new(low, Math.Max(high, low + 1), from, to - from, isLogarithmic: true);
    }

    /// <summary>As <see cref="Logarithmic"/>, but from value to value.</summary>
    public static Scale LogarithmicExactly(double least, double most, double from, double to) =>
        new(Math.Log10(least), Math.Log10(most), from, to - from, isLogarithmic: true);

    /// <summary>The pixel of a value; what is beyond an end stands at the end.</summary>
    public double At(double value)
    {
        double on = IsLogarithmic ? value > 0 ? Math.Log10(value) : _low : value;
        return _from + (_length * Math.Clamp((on - _low) / (_high - _low), 0, 1));
    }

    public bool IsBeyond(double value) => (IsLogarithmic ? Math.Log10(value) : value) > _high * 1.0001;

    /// <summary>Round values, at most so many.</summary>
    public IReadOnlyList<double> Ticks(int most)
    {
        if (IsLogarithmic)
        {
            int decades = (int)Math.Round(_high - _low);
            int every = Math.Max(1, (decades + most - 1) / Math.Max(1, most - 1));
            return [.. Enumerable.Range(0, decades + 1).Where(decade => decade % every == 0).Select(decade => Math.Pow(10, _low + decade))];
        }

        double step = RoundStep(_high, most);
        return [.. Enumerable.Range(0, (int)Math.Floor((_high / step) + 1e-9) + 1).Select(number => number * step)];
    }

    /// <summary>1, 2, 2.5 or 5 of a power of ten: the least that makes no more ticks.</summary>
    private static double RoundStep(double high, int most)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(high / most)));
        return new[] { 1, 2, 2.5, 5, 10, 20 }.Select(round => round * power).First(step => Math.Floor((high / step) + 1e-9) < most);
    }
}
