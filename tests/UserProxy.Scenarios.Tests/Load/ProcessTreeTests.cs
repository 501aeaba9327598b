using UserProxy.Scenarios.Load;

namespace UserProxy.Scenarios.Tests.Load;

/// <summary>What the kernel says of processes' memory.</summary>
public sealed class ProcessTreeTests
{
    [Fact]
    public void Rollup_IsReadInBytes() => ProcessTree.ParseRollup([
        "55d0c8a00000-7ffd1b5f2000 ---p 00000000 00:00 0                          [rollup]", "Rss:               29796 kB", "Pss:               20010 kB",
        "Pss_Anon:           9000 kB", "Anonymous:          9500 kB", "THPeligible:    0",
    ]).ShouldBe(new ProcessMemory(29_796 * 1024, 9_500 * 1024, 20_010 * 1024));

    [Fact]
    public void OwnProcess_HoldsSomething_AndNobodyHoldsNothing()
    {
        var own = ProcessTree.Memory([Environment.ProcessId]);

        own.Anonymous.ShouldBeInRange(1, own.Resident);
        own.Proportional.ShouldBeInRange(1, own.Resident);
        ProcessTree.Memory([]).ShouldBe(default);
    }
}
