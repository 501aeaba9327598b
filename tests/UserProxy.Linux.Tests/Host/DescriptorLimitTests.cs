using UserProxy.Linux.Host;

namespace UserProxy.Linux.Tests.Host;

public class DescriptorLimitTests
{
    [Fact]
    public void RaiseToHard_Always_LeavesSoftEqualToHard()
    {
        int limit = DescriptorLimit.RaiseToHard();

        string[] line = File.ReadLines("/proc/self/limits").First(l => l.StartsWith("Max open files", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        line[3].ShouldBe(line[4]);
        limit.ToString(System.Globalization.CultureInfo.InvariantCulture).ShouldBe(line[3]);
    }

    [Fact]
    public void CountOpen_HundredMoreFiles_IsHundredMore()
    {
        using var first = File.OpenRead("/proc/self/stat");
        int before = DescriptorLimit.CountOpen();
        var held = Enumerable.Range(0, 100).Select(_ => File.OpenRead("/proc/self/stat")).ToList();

        // Other tests of this process open and close beside it.
        DescriptorLimit.CountOpen().ShouldBeInRange(before + 90, before + 110);

        held.ForEach(file => file.Dispose());
    }
}
