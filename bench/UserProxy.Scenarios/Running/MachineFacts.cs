using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Running;

/// <summary>The machine as it says of itself, and what of it spoils figures.</summary>
internal static partial class MachineFacts
{
    /// <summary>Without a timer of its own, and any kernel's: what figures are made with.</summary>
    public const string Wanted = "cubic";

    private const string Governors = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";

    /// <summary>Of the processors, in percent: more of others' work or of the host's than this is said.</summary>
    private const double MostBusy = 20, MostSteal = 2;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(0.5);

    /// <summary>Before anything of the run is started.</summary>
    public static async Task<Machine> ReadAsync(CancellationToken stop)
    {
        double load = double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);
        var before = ProcessorTimes.Read();
        await Task.Delay(Look, stop);
        var idle = ProcessorTimes.Read() - before;
        return new Machine(
            Field("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
            Environment.ProcessorCount,
            long.Parse(Field("/proc/meminfo", "MemTotal")!.Split(' ')[0], CultureInfo.InvariantCulture) * 1024,
            File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
            File.Exists("/etc/os-release") ? (Field("/etc/os-release", "PRETTY_NAME", '=') ?? "Linux").Trim('"') : "Linux",
            RuntimeInformation.FrameworkDescription,
            load,
            Enumerable.Range(0, 5).Min(_ => TimeCalls()),
            ClockGovernor: File.Exists(Governors) ? File.ReadAllText(Governors).Trim() : "",
            BusyPercent: idle.BusyPercent,
            StealPercent: idle.StealPercent);
    }

    /// <summary>What makes figures of this machine worth less, in the reader's words, and what can be done about it.</summary>
    public static IEnumerable<string> Flaws(Machine machine)
    {
        if (machine.LoadAverage > machine.Cores / 2.0 || machine.BusyPercent > MostBusy)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"The machine was busy before the start (load average {machine.LoadAverage:0.0}, {machine.BusyPercent ?? 0:0} % of {machine.Cores} "
                    + $"processors): read ratios, not rates.");
        }

        if (machine.StealPercent > MostSteal)
            yield return string.Create(
                CultureInfo.InvariantCulture, $"The host took {machine.StealPercent:0.0} % of the processors (steal): other guests are in these figures.");
        if (machine.ClockGovernor is not ("" or "performance"))
            yield return $"The processors' clock follows the load (governor {machine.ClockGovernor}): set it to performance for figures that repeat.";
        if (machine.Cores < 2) yield return "There is one processor: client, Pods and proxy wait for each other, and ratios mean little.";
        if (machine.CongestionControl == "reno")
            yield return "TCP's congestion control is reno: this machine lets no namespace have cubic (net.ipv4.tcp_allowed_congestion_control).";
        else if (!IsSound(machine))
            yield return $"TCP's congestion control is {machine.CongestionControl}, and cannot be set: bulk may measure its timer (docs/decisions/0025).";
    }

    /// <summary>Why nothing is measured here without --any-congestion-control; null for nothing.</summary>
    public static string? Refusal(Machine machine) => IsSound(machine)
        ? null
        : $"TCP's congestion control is {machine.CongestionControl}, and cannot be set: bodies would be timed by it, and not by the paths. Let namespaces have "
            + $"{Wanted} (sysctl -w net.ipv4.tcp_allowed_congestion_control=\"reno {Wanted}\"), or measure all the same: --any-congestion-control";

    private static bool IsSound(Machine machine) => machine.CongestionControl is Wanted or "reno" or "";

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
