using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Running;

/// <summary>The machine as it says of itself.</summary>
internal static partial class MachineFacts
{
    public static Machine Read() => new(
        Field("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount,
        long.Parse(Field("/proc/meminfo", "MemTotal")!.Split(' ')[0], CultureInfo.InvariantCulture) * 1024,
        File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
        File.Exists("/etc/os-release") ? (Field("/etc/os-release", "PRETTY_NAME", '=') ?? "Linux").Trim('"') : "Linux",
        RuntimeInformation.FrameworkDescription,
        double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture),
        Enumerable.Range(0, 5).Min(_ => TimeCalls()));

    /// <summary>What makes figures of this machine worth less, in the reader's words.</summary>
    public static IEnumerable<string> Flaws(Machine machine, string congestionControl)
    {
        if (machine.LoadAverage > machine.Cores / 2.0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"The machine was busy before the start (load average {machine.LoadAverage:0.0} on {machine.Cores} processors): read ratios, not rates.");
        }

        if (machine.Cores < 2) yield return "There is one processor: client, Pods and proxy wait for each other, and ratios mean little.";
        if (congestionControl is not ("cubic" or "reno"))
            yield return $"TCP's congestion control is {congestionControl}, and cannot be set: bulk may measure its timer (docs/decisions/0025).";
    }

    private static double TimeCalls()
    {
        const int Calls = 100_000;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Calls; i++) _ = GetParent();
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / Calls;
    }

    [LibraryImport("libc", EntryPoint = "getppid")]
    [SuppressGCTransition]
    private static partial int GetParent();

    private static string? Field(string file, string name, char separator = ':') =>
        File.ReadLines(file).Select(line => line.Split(separator, 2)).FirstOrDefault(parts => parts[0].Trim() == name) is [_, var value] ? value.Trim() : null;
}
