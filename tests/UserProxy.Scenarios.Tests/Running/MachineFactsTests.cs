using UserProxy.Scenarios.Report;
using UserProxy.Scenarios.Results;
using UserProxy.Scenarios.Running;

namespace UserProxy.Scenarios.Tests.Running;

/// <summary>What of a machine spoils figures is said, and the worst of it refused.</summary>
public sealed class MachineFactsTests
{
    private static readonly Machine Sound = new("A processor", 8, 1L << 34, "6.18", "Linux", ".NET", 0.2, 100, "cubic", "performance", 1, 0);

    [Fact]
    public void SoundMachine_HasNoFlaw()
    {
        MachineFacts.Flaws(Sound).ShouldBeEmpty();
        MachineFacts.Flaws(Sound with { ClockGovernor = "" }).ShouldBeEmpty();
        MachineFacts.Refusal(Sound).ShouldBeNull();
    }

    public static TheoryData<string, string> Spoilt => new()
    {
        { "load", "The machine was busy before the start (load average 5.0, 1 % of 8 processors)" },
        { "busy", "The machine was busy before the start (load average 0.2, 40 % of 8 processors)" },
        { "steal", "The host took 3.5 % of the processors (steal)" },
        { "governor", "The processors' clock follows the load (governor powersave)" },
        { "cores", "There is one processor" },
        { "reno", "TCP's congestion control is reno: this machine lets no namespace have cubic" },
        { "bbr", "TCP's congestion control is bbr, and cannot be set" },
    };

    [Theory]
    [MemberData(nameof(Spoilt))]
    public void Flaw_IsSaid(string what, string expected)
    {
        var machine = what switch
        {
            "load" => Sound with { LoadAverage = 5 },
            "busy" => Sound with { BusyPercent = 40 },
            "steal" => Sound with { StealPercent = 3.5 },
            "governor" => Sound with { ClockGovernor = "powersave" },
            "cores" => Sound with { Cores = 1 },
            "reno" => Sound with { CongestionControl = "reno" },
            _ => Sound with { CongestionControl = "bbr" },
        };

        MachineFacts.Flaws(machine).Single().ShouldStartWith(expected);
    }

    /// <summary>Reno has no timer either, and cannot be refused by a machine.</summary>
    [Theory]
    [InlineData("cubic", false)]
    [InlineData("reno", false)]
    [InlineData("bbr", true)]
    [InlineData("bbr cubic", true)]
    public void OnlyWhatTimesBodiesItself_IsRefused(string control, bool refused)
    {
        string? refusal = MachineFacts.Refusal(Sound with { CongestionControl = control });

        if (refused) refusal.ShouldNotBeNull().ShouldContain("--any-congestion-control");
        else refusal.ShouldBeNull();
    }

    [Fact]
    public void ProcessorTimes_OfTwoLooks_AreWhatHappenedBetween()
    {
        var before = ProcessorTimes.Parse("cpu  100 0 50 1000 10 5 5 30 7 0");
        var after = ProcessorTimes.Parse("cpu  120 0 60 1050 10 5 5 50 20 0");

        var between = after - before;

        between.BusyPercent.ShouldBe(30);
        between.StealPercent.ShouldBe(20);
        (before - before).BusyPercent.ShouldBe(0);
    }

    [Fact]
    public void Bed_IsOneLineOfFacts() =>
        Wording.Bed(Sound with { LoadAverage = 0.42, StealPercent = 0.14 }).ShouldBe(
            "A processor, 8 cores, Linux 6.18, TCP cubic, load average 0.4 before, 1 % busy, 0.1 % stolen by the host, clock governor performance");

    [Fact]
    public async Task ThisMachine_SaysWhatItIs()
    {
        var machine = await MachineFacts.ReadAsync(TestContext.Current.CancellationToken);

        machine.Cores.ShouldBeGreaterThan(0);
        machine.BusyPercent.ShouldNotBeNull().ShouldBeInRange(0, 100);
        machine.StealPercent.ShouldNotBeNull().ShouldBeInRange(0, 100);
    }
}
