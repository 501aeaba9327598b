using Spectre.Console;
using UserProxy.Scenarios.Report;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;
using UserProxy.Scenarios.Tests.Report;

namespace UserProxy.Scenarios.Tests.Running;

/// <summary>The table in the terminal.</summary>
public sealed class SummaryTests
{
    [Fact]
    public void Rows_HaveReadableNumbers_Ratios_AndTheBestMarked()
    {
        string[] lines = Print(Samples.Full);

        int at = Array.IndexOf(lines, "requests-100b-64: requests/s, higher is better");
        at.ShouldBeGreaterThan(0);
        string[] block = lines[(at + 1)..(at + 9)];
        block.Select(line => line[..1]).ShouldBe([" ", " ", "*", " ", " ", " ", " ", " "]); // nftables: direct does not count
        block[0].ShouldStartWith("  direct");
        block[0].ShouldContain(" 82.5 k ");
        block[3].ShouldContain("HAProxy 2.6.12");
        block[3].ShouldContain("x0.91");
        block[5].ShouldStartWith("  socat                     socat has no port left");
        lines.ShouldContain("growth-connect: connect, ms at 10,000 Services, lower is better");
    }

    [Theory]
    [InlineData("full")]
    [InlineData("one-path")]
    [InlineData("empty")]
    public void Lines_FitEightyColumns(string name)
    {
        var comparison = Comparison.Of(Samples.Full, Samples.All[name]);

        // In a terminal so wide that nothing is broken for it; sentences are.
        foreach (string line in Print(Samples.All[name], comparison, width: 500).Except(comparison.Sentences()))
            line.Length.ShouldBeLessThanOrEqualTo(80, line);
    }

    [Fact]
    public void OverheadAndComparison_AreThere()
    {
        var report = Samples.Full with
        {
            Scenarios = [.. Samples.Full.Scenarios, Samples.Full.Scenarios[0] with { Name = "latency-100b" }],
        };

        string text = string.Join('\n', Print(report, Comparison.Of(Samples.Full, report)));

        text.ShouldContain("Direct, kube-proxy's modes, UserProxy: 100 B");
        text.ShouldContain("this kernel has no IPVS");
        text.ShouldNotContain("envoy not installed"); // a peer
        text.ShouldContain("Beside the run of 2026-11-21 14:05 UTC");
        text.ShouldContain("x1.00 ~");
    }

    /// <summary>A path that answers only some requests may well be fast.</summary>
    [Fact]
    public void PathThatFailedSome_IsNotTheBest()
    {
        var report = Samples.Change(Samples.Full, (path, sample) => path == "nftables" ? sample with { Failure = "12 socket errors" } : sample);

        string[] lines = Print(report);

        lines.Single(line => line.StartsWith("* iptables", StringComparison.Ordinal) && line.Contains("67.2 k", StringComparison.Ordinal)).ShouldNotBeNull();
        lines.ShouldContain(line => line.StartsWith("  nftables", StringComparison.Ordinal) && line.Contains("70.9 k !", StringComparison.Ordinal));
    }

    private static string[] Print(BenchReport report, Comparison? comparison = null, int width = 80)
    {
        var output = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = width;
        Summary.Print(console, SoundReport.Of(report), comparison);
        return [.. output.ToString().Split('\n').Select(line => line.TrimEnd())];
    }
}
