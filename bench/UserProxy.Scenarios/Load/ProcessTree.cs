using System.Globalization;

namespace UserProxy.Scenarios.Load;

/// <summary>What the kernel says of processes and their children: processor time and memory.</summary>
internal static class ProcessTree
{
    /// <summary>USER_HZ, which is 100 on every Linux that .NET runs on.</summary>
    private const double TicksPerSecond = 100;

    public static CpuUse Cpu(IReadOnlyList<int> roots)
    {
        double[] all = [.. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(Number)];
        // user nice system idle iowait irq softirq
        double machine = all[0] + all[1] + all[2] + all[5] + all[6];
        return new CpuUse(WithChildren(roots).Sum(stat => stat.Ticks) / TicksPerSecond, all[6] / TicksPerSecond, machine / TicksPerSecond);
    }

    /// <summary>Of all that run, the roots among them.</summary>
    public static IReadOnlyList<int> Ids(IReadOnlyList<int> roots) => [.. WithChildren(roots).Select(stat => stat.Id)];

    /// <summary>In bytes: of each process for itself, so that what nginx's workers share counts for each.</summary>
    public static long Resident(IReadOnlyList<int> roots) => WithChildren(roots).Sum(stat => stat.ResidentPages) * Environment.SystemPageSize;

    /// <summary>What they have open.</summary>
    public static int Descriptors(IReadOnlyList<int> roots) => WithChildren(roots).Sum(stat => DescriptorsOf(stat.Id));

    /// <summary>The kernel's own sums of each process (smaps_rollup).</summary>
    public static ProcessMemory Memory(IReadOnlyList<int> roots)
    {
        var all = WithChildren(roots).Select(stat => MemoryOf(stat.Id)).ToList();
        return new ProcessMemory(all.Sum(one => one.Resident), all.Sum(one => one.Anonymous), all.Sum(one => one.Proportional));
    }

    internal static ProcessMemory ParseRollup(IEnumerable<string> lines)
    {
        var fields = lines.Select(line => line.Split(':', 2)).Where(parts => parts.Length == 2 && parts[1].EndsWith(" kB", StringComparison.Ordinal))
            .ToDictionary(parts => parts[0], parts => (long)Number(parts[1].Trim().Split(' ')[0]) * 1024);
        return new ProcessMemory(fields.GetValueOrDefault("Rss"), fields.GetValueOrDefault("Anonymous"), fields.GetValueOrDefault("Pss"));
    }

    private static ProcessMemory MemoryOf(int process)
    {
        try
        {
            return ParseRollup(File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/smaps_rollup")));
        }
        catch (IOException)
        {
            return default; // it has ended
        }
    }

    private static int DescriptorsOf(int process)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/fd")).Count();
        }
        catch (IOException)
        {
            return 0; // it has ended
        }
    }

    private static List<Stat> WithChildren(IReadOnlyList<int> roots)
    {
        if (roots.Count == 0) return [];
        List<Stat> all = [
            .. Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])).Select(Read).OfType<Stat>()];
        var ids = new HashSet<int>(roots);
        while (all.Any(stat => ids.Contains(stat.Parent) && ids.Add(stat.Id)))
        {
            // Until no child is new.
        }

        return [.. all.Where(stat => ids.Contains(stat.Id))];
    }

    private static Stat? Read(string folder)
    {
        try
        {
            // The name may hold spaces and brackets: fields are counted after it.
            string text = File.ReadAllText(Path.Combine(folder, "stat"));
            string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return new Stat((int)Number(Path.GetFileName(folder)), (int)Number(fields[1]), Number(fields[11]) + Number(fields[12]), (long)Number(fields[21]));
        }
        catch (IOException)
        {
            return null; // it has ended
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private sealed record Stat(int Id, int Parent, double Ticks, long ResidentPages);
}
