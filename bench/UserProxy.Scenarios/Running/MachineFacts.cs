using System.Globalization;
using System.Runtime.InteropServices;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Running;

/// <summary>The machine as it says of itself.</summary>
internal static class MachineFacts
{
    public static Machine Read() => new(
        Field("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount,
        long.Parse(Field("/proc/meminfo", "MemTotal")!.Split(' ')[0], CultureInfo.InvariantCulture) * 1024,
        File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
        File.Exists("/etc/os-release") ? (Field("/etc/os-release", "PRETTY_NAME", '=') ?? "Linux").Trim('"') : "Linux",
        RuntimeInformation.FrameworkDescription,
        double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture));

    private static string? Field(string file, string name, char separator = ':') =>
        File.ReadLines(file).Select(line => line.Split(separator, 2)).FirstOrDefault(parts => parts[0].Trim() == name) is [_, var value] ? value.Trim() : null;
}
