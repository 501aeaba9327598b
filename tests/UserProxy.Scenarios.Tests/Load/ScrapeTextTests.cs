using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Scenarios;

namespace UserProxy.Scenarios.Tests.Load;

/// <summary>A scrape's text as figures, and several of them as those of the scenario.</summary>
public sealed class ScrapeTextTests
{
    [Fact]
    public void Parse_TakesSizeAndWhatTheProcessSays()
    {
        const string Text = """
            # TYPE process_cpu_seconds_total counter
            process_cpu_seconds_total 0.692748
            # HELP a process_cpu_seconds_total 7
            userproxy_x{service="é"} 1
            dotnet_gc_heap_total_allocated_bytes_total 2.244648e+06

            """;

        ScrapeText.Parse(Text).ShouldBe(new ScrapeText(Text.Length + 1, 5, 0.692748, 2_244_648));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# process_cpu_seconds_total 1\nprocess_cpu_seconds_total_more 1\nprocess_cpu_seconds_total{a=\"b\"} 1\n")]
    public void Parse_OfWhatDoesNotSay_IsNoFigure(string text) => ScrapeText.Parse(text).ProcessorSeconds.ShouldBe(double.NaN);

    [Fact]
    public void Readings_AreTheMiddleAndTheLongest_AndWhatOneTook()
    {
        var readings = ScrapeScenario.Readings(
        [
            (9, new ScrapeText(80, 3, 1, 1_000)), (40, new ScrapeText(90, 3, 1.02, 1_400)), (10, new ScrapeText(100, 4, 1.06, 2_000)),
        ]);

        readings.Select(reading => reading.Metric).ShouldBe(["scrape", "longest", "processor", "allocated", "size", "lines"]);
        readings[0].Value.ShouldBe(10);
        readings[1].Value.ShouldBe(40);
        readings[2].Value.ShouldBe(30, 1e-9);
        readings[3].Value.ShouldBe(500);
        readings[4].Value.ShouldBe(100);
        readings[5].Value.ShouldBe(4);
    }
}
