using System.Globalization;

namespace UserProxy.FunctionalTests.Support;

/// <summary>
/// A cgroup of the test's own with a limit of memory, v1 or v2; its <see cref="Prefix"/> starts a program inside. The case is skipped where none can be made.
/// </summary>
internal sealed class MemoryGroup : IDisposable
{
    private readonly string _folder;

    private MemoryGroup(string folder, string limitName, long limit)
    {
        _folder = folder;
        File.WriteAllText(Path.Combine(folder, limitName), limit.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>For <see cref="RunningProxy.Start"/>.</summary>
    public string[] Prefix => ["sh", "-c", $"echo $$ > {_folder}/cgroup.procs && exec \"$@\"", "sh"];

    public static MemoryGroup Create(long limit)
    {
        string name = "userproxy-test-" + Guid.NewGuid().ToString("N");
        try
        {
            bool isLegacy = Directory.Exists("/sys/fs/cgroup/memory");
            string folder = Path.Combine(isLegacy ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup", name);
            Directory.CreateDirectory(folder);
            try
            {
                return new MemoryGroup(folder, isLegacy ? "memory.limit_in_bytes" : "memory.max", limit);
            }
            catch
            {
                Directory.Delete(folder);
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Assert.Skip($"no cgroup can be made here: {e.Message}");
            throw;
        }
    }

    /// <summary>The kernel may need a moment after the last process has ended.</summary>
    public void Dispose()
    {
        for (int i = 0; i < 100 && Directory.Exists(_folder); i++)
        {
            try
            {
                Directory.Delete(_folder);
            }
            catch (IOException)
            {
                SpinWait.SpinUntil(() => false, 20);
            }
        }
    }
}
