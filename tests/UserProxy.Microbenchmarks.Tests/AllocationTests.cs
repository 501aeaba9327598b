using System.Diagnostics;
using System.Reflection;
using UserProxy.Microbenchmarks.Scheduling;

namespace UserProxy.Microbenchmarks.Tests;

/// <summary>
/// The gate on allocations: every microbenchmark that has a MemoryDiagnoser allocates what bench/allocations.json says. Bytes are the same on every machine, so
/// they can be gated; times are not, and are reported only.
/// </summary>
public sealed class AllocationTests
{
    private const string UpdateVariable = "USERPROXY_UPDATE_ALLOCATIONS";

    private static readonly Assembly Benchmarks = typeof(PickBenchmark).Assembly;
    private static readonly AllocationFile Allowed = new(Path.Combine(Repository.Root, "bench", "allocations.json"));

    public static TheoryData<string> Classes => [.. BenchmarkCase.Classes(Benchmarks).Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Classes))]
    public void Benchmark_AllocatesWhatTheFileSays(string name)
    {
        Assert.SkipWhen(IsDebug(Benchmarks) || IsDebug(typeof(Proxier).Assembly), "code that is not optimized allocates more: build with -c Release");
        var measured = BenchmarkCase.Of(
            BenchmarkCase.Classes(Benchmarks).Single(type => type.Name == name)).ToDictionary(one => one.Name, one => one.Measure());
        if (Environment.GetEnvironmentVariable(UpdateVariable) is { Length: > 0 })
        {
            Allowed.Renew(name + ".", measured);
            return;
        }

        var allowed = Allowed.Read();
        var wrong = from one in measured
                    let complaint = AllocationLimit.Judge(allowed.TryGetValue(one.Key, out long bytes) ? bytes : null, one.Value)
                    where complaint is not null
                    select $"{one.Key}: {complaint}";
        string complaints = string.Join('\n', wrong);
        complaints.ShouldBeEmpty(
            $"If it is meant: {UpdateVariable}=1 dotnet test -c Release tests/UserProxy.Microbenchmarks.Tests writes bench/allocations.json anew; look at "
                + "its diff and say why in the commit.");
    }

    [Fact]
    public void File_NamesBenchmarksThatExist()
    {
        var cases = BenchmarkCase.Classes(Benchmarks).SelectMany(BenchmarkCase.Of).Select(one => one.Name).ToHashSet();

        cases.Count.ShouldBeGreaterThan(40);
        Allowed.Read().Keys.ShouldBe(cases, ignoreOrder: true);
    }

    /// <summary>What accepting a connection and forwarding a datagram cost the collector: nothing, whoever renews the file.</summary>
    [Fact]
    public void File_HotPaths_AllocateNothing()
    {
        var hot = Allowed.Read()
            .Where(
                one => one.Key.StartsWith("PickBenchmark.", StringComparison.Ordinal)
                    || one.Key.StartsWith("SessionTableBenchmark.KnownFlow", StringComparison.Ordinal)).ToList();

        hot.Count.ShouldBeGreaterThan(30);
        hot.ShouldAllBe(one => one.Value == 0);
    }

    [Theory]
    [InlineData(0L, 0, true)]
    [InlineData(0L, 1, false)]
    [InlineData(112L, 112, true)]
    [InlineData(112L, 114, true)]
    [InlineData(112L, 120, false)]
    [InlineData(112L, 102, true)]
    [InlineData(112L, 96, false)]
    [InlineData(null, 0, false)]
    public void Judge_OutsideOfTheSlack_Complains(long? allowed, long measured, bool isRight) =>
        (AllocationLimit.Judge(allowed, measured) is null).ShouldBe(isRight);

    /// <summary>That a single small object in many calls is seen.</summary>
    [Theory]
    [InlineData(nameof(Planted.Nothing), 0)]
    [InlineData(nameof(Planted.AnObject), 24)]
    [InlineData(nameof(Planted.AnObjectInAThousandCalls), 1)]
    public void Measure_PlantedAllocation_IsCounted(string method, long expected)
    {
        Assert.SkipWhen(IsDebug(typeof(AllocationTests).Assembly), "not optimized");

        BenchmarkCase.Of(typeof(Planted)).Single(one => one.Name == $"Planted.{method}").Measure().ShouldBe(expected);
    }

    private static bool IsDebug(Assembly assembly) => assembly.GetCustomAttribute<DebuggableAttribute>() is { IsJITOptimizerDisabled: true };
}
