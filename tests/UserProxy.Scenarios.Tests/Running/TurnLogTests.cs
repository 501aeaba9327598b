using UserProxy.Scenarios.Load;
using UserProxy.Scenarios.Running;
using UserProxy.Scenarios.Tests.Report;

namespace UserProxy.Scenarios.Tests.Running;

/// <summary>What a run keeps of itself while it goes on, and when another may go on with it.</summary>
public sealed class TurnLogTests : IDisposable
{
    private static readonly RunHead Head = new(
        new DateTimeOffset(2026, 11, 21, 14, 5, 9, TimeSpan.Zero), "dotnet run", new RunShape(RunSize.Full, 5, 2, false, ["direct", "nginx"], ["connections"]),
        Samples.Full.Machine, new Dictionary<string, string> { ["nginx"] = "1.22.1" }, new Dictionary<string, string> { ["userproxy"] = "a1" });

    private readonly string _folder = Directory.CreateTempSubdirectory("userproxy-turns-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void WhatWasAdded_IsFound()
    {
        var log = TurnLog.Begin(_folder, Head);
        log.Add(Round(0, 10));
        log.Add(Round(1, 25.5));

        var found = TurnLog.Find(_folder).ShouldNotBeNull();

        found.Head.DifferencesFrom(Head).ShouldBeEmpty();
        found.Head.StartedAt.ShouldBe(Head.StartedAt);
        found.Rounds.Count.ShouldBe(2);
        found.Elapsed.ShouldBe(TimeSpan.FromSeconds(25.5));
        var turn = found.Finished(1, "connections").ShouldNotBeNull().Turns.Single();
        turn.Path.ShouldBe("nginx");
        turn.Result.Readings.Select(reading => (reading.Metric, reading.Value, reading.At)).ShouldBe([("p99", double.NaN, 0), ("requests/s", 3.5, 10)]);
        turn.Result.ShouldSatisfyAllConditions(result => result.Failure.ShouldBe("some"), result => result.IsWrong.ShouldBeTrue());
        found.Finished(2, "connections").ShouldBeNull();
        found.Finished(1, "bulk-1").ShouldBeNull();
    }

    /// <summary>As a machine that fell over has left it; what is added then begins a line of its own.</summary>
    [Theory]
    [InlineData("{\"round\":2,\"scenario\":\"conn")]
    [InlineData("{\"round\":2}\n")]
    [InlineData("\0\0\0\0\n")]
    public void TornEnd_CostsOnlyItself(string torn)
    {
        TurnLog.Begin(_folder, Head).Add(Round(0, 10));
        File.AppendAllText(Path.Combine(_folder, TurnLog.FileName), torn);

        TurnLog.Find(_folder).ShouldNotBeNull().Add(Round(1, 20));

        TurnLog.Find(_folder)!.Rounds.Select(round => round.Round).ShouldBe([0, 1]);
    }

    [Fact]
    public void NothingThere_OrNoHead_IsNone()
    {
        TurnLog.Find(_folder).ShouldBeNull();
        File.WriteAllText(Path.Combine(_folder, TurnLog.FileName), "{\"startedAt\":");
        TurnLog.Find(_folder).ShouldBeNull();
    }

    [Fact]
    public void BeginningAnew_PutsTheFormerAside()
    {
        TurnLog.Begin(_folder, Head).Add(Round(0, 10));
        string former = File.ReadAllText(Path.Combine(_folder, TurnLog.FileName));

        TurnLog.Begin(_folder, Head);

        TurnLog.Find(_folder)!.Rounds.ShouldBeEmpty();
        File.ReadAllText(Path.Combine(_folder, TurnLog.AsideName)).ShouldBe(former);
    }

    public static TheoryData<string, string> Others => new()
    {
        { "paths", "paths: direct,nginx before, direct now" },
        { "repeats", "turns (--repeat): 5 before, 3 now" },
        { "kernel", "kernel: 6.18.5 before, 6.19 now" },
        { "control", "congestion control: cubic before, reno now" },
        { "tool", "nginx: 1.22.1 before, 1.28.0 now" },
        { "gone", "nginx: 1.22.1 before, none now" },
        { "build", "userproxy is another build" },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public void AnotherRun_IsNamedByWhatDiffers(string what, string expected)
    {
        var now = what switch
        {
            "paths" => Head with { Shape = Head.Shape with { Paths = ["direct"] } },
            "repeats" => Head with { Shape = Head.Shape with { Repeats = 3 } },
            "kernel" => Head with { Machine = Head.Machine with { Kernel = "6.19" } },
            "control" => Head with { Machine = Head.Machine with { CongestionControl = "reno" } },
            "tool" => Head with { Tools = new Dictionary<string, string> { ["nginx"] = "1.28.0" } },
            "gone" => Head with { Tools = new Dictionary<string, string>() },
            _ => Head with { Builds = new Dictionary<string, string> { ["userproxy"] = "b2" } },
        };

        Head.DifferencesFrom(now).ShouldBe([expected]);
    }

    /// <summary>When it started, how it was called, and what else the machine did, do not make it another run.</summary>
    [Fact]
    public void LoadTimeAndCommand_MayDiffer() =>
        Head.DifferencesFrom(Head with
        {
            StartedAt = Head.StartedAt.AddHours(1),
            Command = "dotnet run --resume",
            Machine = Head.Machine with { LoadAverage = 7, BusyPercent = 50, StealPercent = 3, CallNanoseconds = 1 },
        }).ShouldBeEmpty();

    [Fact]
    public void Ledger_GoesOnWhereItWas()
    {
        var ledger = new Ledger();
        ledger.AddRate("nginx", 100);
        ledger.Fix("latency-100b", 50);
        ledger.AddCpu("bulk-1", "nginx", new CpuUse(1, 2, 3));
        ledger.AddCpu("bulk-1", "nginx", new CpuUse(4, 5, 6));
        TurnLog.Begin(_folder, Head).Add(Round(0, 1) with { Ledger = ledger.Save() });

        var later = new Ledger();
        later.Restore(TurnLog.Find(_folder)!.Rounds[^1].Ledger);

        later.SlowestRate(["nginx"]).ShouldBe(100);
        later.Fixed("latency-100b").ShouldBe(50);
        later.TakeCpu("bulk-1", "nginx").ShouldBe(new CpuUse(1, 2, 3));
        later.TakeCpu("bulk-1", "nginx").ShouldBe(new CpuUse(4, 5, 6));
        later.TakeCpu("bulk-1", "nginx").ShouldBeNull();
    }

    private static RoundRecord Round(int round, double seconds) => new(
        round, "connections", 1, seconds, "wrk",
        [new TurnRecord("nginx", new TurnResult([new Measurement("p99", double.NaN), new Measurement("requests/s", 3.5, 10)], "some", IsWrong: true))],
        new Ledger().Save());
}
