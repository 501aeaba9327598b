using UserProxy.Scenarios.Report;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Tests.Report;

/// <summary>How numbers are written.</summary>
public sealed class FiguresTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(3, "3")]
    [InlineData(3.456, "3.46")]
    [InlineData(34.56, "34.6")]
    [InlineData(345.6, "346")]
    [InlineData(82_533.4, "82,533")]
    [InlineData(0.3456, "0.346")]
    [InlineData(0.034_56, "0.0346")]
    [InlineData(0.000_034_56, "3.46e-5")]
    [InlineData(123_456_789_012_345, "1.23e+14")]
    [InlineData(-0.5, "-0.500")]
    public void Text_AnySize_IsShort(double value, string expected) => Figures.Text(value).ShouldBe(expected);

    [Theory]
    [InlineData(5, 5, "5")]
    [InlineData(55_619, 68_739, "55,619-68,739")]
    [InlineData(-4, 2, "-4 to 2")]
    [InlineData(1e-9, 2, "1.00e-9 to 2")]
    public void Range_IsReadable(double least, double most, string expected) => Figures.Range(least, most).ShouldBe(expected);

    [Theory]
    [InlineData(0.1 + 0.2, "0.3")]
    [InlineData(75_000, "75,000")]
    [InlineData(2e15, "2e+15")]
    [InlineData(5e-9, "5e-9")]
    public void Tick_IsRound(double value, string expected) => Figures.Tick(value).ShouldBe(expected);

    [Theory]
    [InlineData("ms", 0.05, "µs", 50)]
    [InlineData("ms", 0.5, "ms", 0.5)]
    [InlineData("ms", 20_000, "s", 20)]
    [InlineData("s", 0.011, "ms", 11)]
    [InlineData("s", 0.000_011, "µs", 11)]
    [InlineData("s", 3, "s", 3)]
    [InlineData("B", 2_041, "B", 2_041)]
    [InlineData("B", 1_048_576, "KiB", 1_024)]
    [InlineData("B", 104_857_600, "MiB", 100)]
    [InlineData("B", 107_374_182_400, "GiB", 100)]
    [InlineData("Gbit/s", 1e9, "Gbit/s", 1e9)]
    [InlineData("ms", 0, "ms", 0)]
    public void Units_FitTheLargestMedian(string unit, double largest, string shown, double value)
    {
        var units = Units.For(unit, largest);

        units.Name.ShouldBe(shown);
        (largest / units.PerShown).ShouldBe(value, tolerance: 1e-6 + (value * 1e-9));
    }

    [Theory]
    [InlineData("requests/s", "1/s", "requests/s")]
    [InlineData("rate", "1/s", "rate, 1/s")]
    [InlineData("p99", "ms", "p99, ms")]
    [InlineData("errors", "", "errors")]
    public void Caption_NamesTheUnitOnce(string name, string unit, string expected) =>
        Units.For(unit, 1).Caption(new MetricResult(name, unit, Better.Higher, [])).ShouldBe(expected);

    [Theory]
    [InlineData(1.137, nameof(Verdict.Better), "x1.14 ▲")]
    [InlineData(0.5, nameof(Verdict.Worse), "x0.50 ▼")]
    [InlineData(1.031, nameof(Verdict.Untold), "x1.03 ~")]
    [InlineData(1, nameof(Verdict.Itself), "x1.00")]
    [InlineData(250.4, nameof(Verdict.Once), "x250")]
    [InlineData(0.000_012, nameof(Verdict.Better), "x1.20e-5 ▲")]
    public void Ratio_HasItsSign(double value, string verdict, string expected) =>
        new Ratio(value, value, value, Enum.Parse<Verdict>(verdict)).ToString().ShouldBe(expected);

    [Theory]
    [InlineData(82_533.4, "82.5 k")]
    [InlineData(144_957, "145 k")]
    [InlineData(1_237_000, "1.24 M")]
    [InlineData(9_801, "9,801")]
    [InlineData(0.266, "0.266")]
    [InlineData(2e15, "2.00e+15")]
    public void Short_FitsAColumn(double value, string expected) => Figures.Short(value).ShouldBe(expected);

    [Theory]
    [InlineData(79_618, 93_595, "79.6-93.6 k")]
    [InlineData(9_618, 13_595, "9,618-13.6 k")]
    [InlineData(990_000, 1_200_000, "990 k-1.20 M")]
    [InlineData(5, 5, "5")]
    [InlineData(-4, 2, "-4 to 2")]
    public void ShortRange_NamesTheLetterOnce(double least, double most, string expected) => Figures.ShortRange(least, most).ShouldBe(expected);
}
