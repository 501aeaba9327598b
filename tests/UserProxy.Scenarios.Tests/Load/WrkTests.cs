using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Scenarios;

namespace UserProxy.Scenarios.Tests.Load;

/// <summary>wrk's text as figures.</summary>
public sealed class WrkTests
{
    private const string Text = """
        Running 2s test @ http://10.77.1.1:30000/100b
          2 threads and 64 connections
          Thread Stats   Avg      Stdev     Max   +/- Stdev
            Latency     1.02ms  640.15us  12.05ms   72.31%
            Req/Sec    30.12k     2.11k   35.20k    68.29%
          Latency Distribution
             50%  960.00us
             75%    1.36ms
             90%    1.83ms
             99%    1.20s
          122880 requests in 2.05s, 40.31MB read
        Requests/sec:  59941.46
        Transfer/sec:     19.66MB
        """;

    [Fact]
    public void Parse_TakesRatesAndPercentilesInMilliseconds()
    {
        var figures = Wrk.Parse(Text);

        figures.RequestsPerSecond.ShouldBe(59941.46);
        figures.Requests.ShouldBe(122880);
        figures.Seconds.ShouldBe(2.05);
        foreach (var (percentile, expected) in new[] { (50, 0.96), (75, 1.36), (90, 1.83), (99, 1200) })
            figures.Milliseconds[percentile].ShouldBe(expected, 1e-9);
        figures.Failure.ShouldBeNull();
    }

    [Fact]
    public void Parse_CountsErrors()
    {
        var figures = Wrk.Parse(Text + "\n  Socket errors: connect 1, read 20, write 300, timeout 4000\n  Non-2xx or 3xx responses: 7\n");

        figures.SocketErrors.ShouldBe(321);
        figures.Timeouts.ShouldBe(4000);
        figures.WrongAnswers.ShouldBe(7);
        figures.Failure.ShouldBe("321 socket errors, 4000 over 2 s and 7 wrong answers of 122880");
    }

    /// <summary>wrk prints 0.00us for each percentile then: a path that answers nothing would be the fastest of all.</summary>
    [Fact]
    public void NoAnswer_IsAFailure_AndHasNoLatency()
    {
        var figures = Wrk.Parse("""
              Latency Distribution
                 50%    0.00us
                 75%    0.00us
                 90%    0.00us
                 99%    0.00us
              0 requests in 1.00s, 500.10MB read
            Requests/sec:      0.00
            """);

        figures.Failure.ShouldNotBeNull();
        RequestsScenario.Readings(figures).ShouldBe([new("requests/s", 0)]);
    }
}
