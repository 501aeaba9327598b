using System.Globalization;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Report;

/// <summary>
/// One path divided by another, turn by turn: turns that stood next to each other met the same machine, whatever it did over the hour.
/// </summary>
/// <param name="Value">The median of the turns; 1 for level.</param>
/// <param name="Least">Of any turn.</param>
/// <param name="Most">Of any turn.</param>
/// <param name="Verdict">Whether all turns say the same.</param>
internal readonly record struct Ratio(double Value, double Least, double Most, Verdict Verdict)
{
    /// <summary>Of the metric: which side of 1 is good.</summary>
    public Better Better { get; init; }

    /// <summary>Null for level: the same path, or turns that contradict each other. One turn alone says which side it is on.</summary>
    public bool? IsAhead => Verdict switch
    {
        Verdict.Better => true,
        Verdict.Worse => false,
        Verdict.Once when Value != 1 => Value > 1 == (Better == Better.Higher),
        _ => null,
    };

    /// <summary>How many times better than the other; below 1 it is worse. Infinite where the other has failed everything and this one nothing.</summary>
    public double Advantage(double ratio) => Better == Better.Higher ? ratio : 1 / ratio;

    /// <summary>Null where there is nothing to divide: no turn in which both have a value, or a turn in which the other has 0.</summary>
    public static Ratio? Of(Sample one, Sample other, Better better)
    {
        double[] ratios = [.. one.Turns.Zip(other.Turns, (own, its) => own / its).OfType<double>()];
        if (ratios.Length == 0 || !ratios.All(double.IsFinite)) return null;
        double least = ratios.Min(), most = ratios.Max();
        return new Ratio(Sample.MedianOf(ratios), least, most, Judge()) { Better = better };

        Verdict Judge()
        {
            if (ReferenceEquals(one, other)) return Verdict.Itself;
            if (ratios.Length == 1) return Verdict.Once;
            if (least <= 1 && most >= 1) return Verdict.Untold;
            return least > 1 == (better == Better.Higher) ? Verdict.Better : Verdict.Worse;
        }
    }

    /// <summary>"x1.14", with the sign of its verdict behind it.</summary>
    public override string ToString()
    {
        string sign = Verdict switch
        {
            Verdict.Better => " ▲",
            Verdict.Worse => " ▼",
            Verdict.Untold => " ~",
            _ => "",
        };
        return Text + sign;
    }

    /// <summary>"x1.14" alone.</summary>
    public string Text => "x" + Digits(Value);

    /// <summary>"1.09-1.21": what the turns gave. Empty where there is one turn, or nothing to compare.</summary>
    public string Range => Verdict is Verdict.Itself or Verdict.Once ? "" : $"{Digits(Least)}{(Least < 0 || Most < 0 ? " to " : "-")}{Digits(Most)}";

    /// <summary>"1.09 to 1.21", which a narrow cell can break.</summary>
    public string RangeInWords => Range.Length == 0 ? "" : $"{Digits(Least)} to {Digits(Most)}";

    private static string Digits(double value) =>
        value is >= 0.01 and < 100 || value == 0 ? value.ToString("0.00", CultureInfo.InvariantCulture) : Figures.Text(value);
}

/// <summary>Whether a difference is one.</summary>
internal enum Verdict
{
    /// <summary>The same path.</summary>
    Itself,

    /// <summary>In every turn.</summary>
    Better,

    /// <inheritdoc cref="Better"/>
    Worse,

    /// <summary>Not in every turn: another run may say the opposite.</summary>
    Untold,

    /// <summary>Measured once: nothing is known of the spread.</summary>
    Once,
}
