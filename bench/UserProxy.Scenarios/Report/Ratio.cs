using System.Globalization;

namespace UserProxy.Scenarios.Report;

/// <summary>The median of one path divided by the median of another.</summary>
/// <param name="Value">1 for level.</param>
/// <param name="Verdict">What the difference means, with the spread of both in mind.</param>
internal readonly record struct Ratio(double Value, Verdict Verdict)
{
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
    public string Text => "x" + (Value is >= 0.01 and < 100 || Value == 0 ? Value.ToString("0.00", CultureInfo.InvariantCulture) : Figures.Text(Value));
}

/// <summary>Whether a difference is one.</summary>
internal enum Verdict
{
    /// <summary>The same path.</summary>
    Itself,

    /// <summary>From the worst repeat of the one to the best of the other.</summary>
    Better,

    /// <inheritdoc cref="Better"/>
    Worse,

    /// <summary>The spreads overlap: another run may say the opposite.</summary>
    Untold,

    /// <summary>Measured once: nothing is known of the spread.</summary>
    Once,
}
