using UserProxy.Linux.Host;

namespace UserProxy.Linux.Tests.Host;

public sealed class MemoryCgroupTests : IDisposable
{
    private readonly DirectoryInfo _top = Directory.CreateTempSubdirectory("userproxy-cgroup-");

    public void Dispose() => _top.Delete(recursive: true);

    [Fact]
    public void Read_Unified_IsWhatIsUsedLessInactivePageCache()
    {
        Write("memory.current", "1000");
        Write("memory.max", "5000");
        Write("memory.stat", "anon 600\nfile 400\nactive_file 150\ninactive_file 250\nslab 3");

        using var cgroup = Unified("/");

        cgroup.ShouldNotBeNull().Read().ShouldBe((750, 5000));
    }

    [Fact]
    public void Read_Legacy_IsWhatIsUsedLessInactivePageCache()
    {
        Write("memory.usage_in_bytes", "1000");
        Write("memory.limit_in_bytes", "5000");
        Write("memory.stat", "cache 400\ninactive_file 1\ntotal_inactive_file 250\ntotal_active_file 150");

        using var cgroup = MemoryCgroup.Find(
            ["4:cpu,memory:/", "0::/"],
            [$"30 20 0:1 / {_top.FullName} rw shared:1 - cgroup memory rw,cpu,memory", "31 20 0:2 / /elsewhere rw - cgroup2 none rw"]);

        cgroup.ShouldNotBeNull().Read().ShouldBe((750, 5000));
    }

    [Fact]
    public void Read_LimitIsChanged_IsTheNewOne()
    {
        Write("memory.current", "1000");
        Write("memory.max", "5000");
        Write("memory.stat", "anon 1");
        using var cgroup = Unified("/").ShouldNotBeNull();

        Write("memory.max", "90000");
        cgroup.Read().ShouldBe((1000, 90_000));
        Write("memory.max", "max\n");
        cgroup.Read().ShouldBeNull();
    }

    [Fact]
    public void Find_SeveralLevelsHaveLimits_IsTheLowest()
    {
        foreach (string folder in new[] { "pods", "pods/pod1", "pods/pod1/box" })
        {
            Write($"{folder}/memory.current", "10");
            Write($"{folder}/memory.stat", "anon 1");
        }

        Write("pods/memory.max", "9000");
        Write("pods/pod1/memory.max", "3000");
        Write("pods/pod1/box/memory.max", "max");

        using var cgroup = Unified("/pods/pod1/box");

        cgroup.ShouldNotBeNull().Read().ShouldBe((10, 3000));
    }

    [Fact]
    public void Find_ContainerSeesTheHostsPath_IsItsOwnMount()
    {
        Write("memory.current", "10");
        Write("memory.max", "700");
        Write("memory.stat", "anon 1");

        using var cgroup = MemoryCgroup.Find(["0::/kubepods/pod1/box"], [$"30 20 0:1 /kubepods/pod1/box {_top.FullName} ro - cgroup2 cgroup rw"]);

        cgroup.ShouldNotBeNull().Read().ShouldBe((10, 700));
    }

    [Fact]
    public void Find_NoLimit_IsNull()
    {
        Write("memory.current", "10");
        Write("memory.max", "max");
        Unified("/").ShouldBeNull();
        MemoryCgroup.Find(["0::/"], []).ShouldBeNull();
    }

    private MemoryCgroup? Unified(string path) => MemoryCgroup.Find([$"0::{path}"], [$"30 20 0:1 / {_top.FullName} rw shared:1 - cgroup2 cgroup rw"]);

    private void Write(string file, string text)
    {
        string path = Path.Combine(_top.FullName, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
