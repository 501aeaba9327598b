using UserProxy.Scenarios.Report.Charts;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Tests.Report.Charts;

/// <summary>Places and ticks of an axis.</summary>
public sealed class ScaleTests
{
    [Theory]
    [InlineData(90_000, 4, new double[] { 0, 25_000, 50_000, 75_000 })]
    [InlineData(10, 6, new double[] { 0, 2, 4, 6, 8, 10 })]
    [InlineData(1, 3, new[] { 0, 0.5, 1 })]
    [InlineData(33, 2, new double[] { 0, 20 })]
    [InlineData(0, 3, new[] { 0, 0.5, 1 })]
    public void Ticks_Linear_AreRoundAndNotTooMany(double top, int most, double[] expected) =>
        Scale.Linear(top, 0, 100).Ticks(most).ShouldBe(expected, tolerance: 1e-9);

    [Fact]
    public void Ticks_AnySize_AreBetweenTwoAndMost()
    {
        var random = new Random(42);
        for (int i = 0; i < 2_000; i++)
        {
            double top = Math.Pow(10, (random.NextDouble() * 40) - 20);
            for (int most = 2; most <= 8; most++)
            {
                var ticks = Scale.Linear(top, 0, 100).Ticks(most);
                ticks.Count.ShouldBeInRange(2, most, $"{top} {most}");
                ticks[^1].ShouldBeLessThanOrEqualTo(top * 1.000_001);
            }
        }
    }

    [Theory]
    [InlineData(0.004, 3.9, new[] { 0.001, 0.01, 0.1, 1, 10 })]
    [InlineData(1, 1, new double[] { 1, 10 })]
    [InlineData(1e-20, 1e20, new[] { 1e-20, 1e-13, 1e-6, 10, 1e8, 1e15 })]
    public void Ticks_Logarithmic_ArePowersOfTen(double least, double most, double[] expected)
    {
        var ticks = Scale.Logarithmic(least, most, 0, 100).Ticks(7);

        ticks.Count.ShouldBe(expected.Length);
        for (int i = 0; i < expected.Length; i++) ticks[i].ShouldBe(expected[i], tolerance: expected[i] * 1e-9);
    }

    [Theory]
    [InlineData(0, 200)]
    [InlineData(5, 150)]
    [InlineData(10, 100)]
    [InlineData(-3, 200)]
    [InlineData(99, 100)]
    public void At_Linear_StaysOnTheAxis(double value, double pixel) => Scale.Linear(10, 200, 100).At(value).ShouldBe(pixel);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(10, 50)]
    [InlineData(100, 100)]
    [InlineData(0, 0)]
    [InlineData(1_000, 100)]
    public void At_Logarithmic_StaysOnTheAxis(double value, double pixel) => Scale.Logarithmic(1, 100, 0, 100).At(value).ShouldBe(pixel, tolerance: 1e-9);

    [Theory]
    [InlineData(new[] { 10.0, 11, 12 }, new[] { 9.0, 9, 9 }, 12)]
    [InlineData(new[] { 10.0, 11, 900 }, new[] { 9.0, 9, 9 }, 16.5)] // a wild repeat: cut at 1.5 medians
    [InlineData(new[] { 10.0, 11, 12 }, new[] { 800.0, 900, 901 }, 12)] // a wild path: left out
    [InlineData(new[] { 0.0, 0, 0 }, new[] { 800.0, 900, 901 }, 901)]
    [InlineData(new double[0], new double[0], 0)]
    public void Top_LeavesOutWhatWouldHideTheRest(double[] one, double[] other, double expected) =>
        Spread.TopOf([new Sample([.. one]), new Sample([.. other])]).ShouldBe(expected * 1.03, tolerance: 1e-9);

    [Theory]
    [InlineData("short", "short")]
    [InlineData("a name that has no room at all", "a name tha…")]
    [InlineData("WWWWWWWWWWWWWWWWWWW", "WWWWWW…")]
    public void Fit_LongText_IsCut(string text, string expected) => TextWidth.Fit(text, 90).ShouldBe(expected);
}
