using System.Globalization;

namespace UserProxy.Scenarios.Bed;

/// <summary>Namespaces of runs, known by their names: deleted at a run's end, and at the next start those of runs that were killed.</summary>
internal static class Leftovers
{
    /// <summary>Before the process id of the run.</summary>
    public const string Mark = "upbench";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Prefixes of runs whose process is gone.</summary>
    public static IReadOnlyList<string> OfDeadRuns() =>
    [
        .. Namespaces().Select(name => name.Split('-')[0]).Distinct()
            .Where(prefix => int.TryParse(prefix.AsSpan(Mark.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int id) && !Directory.Exists($"/proc/{id}")),
    ];

    /// <summary>Ends what still runs in the namespaces of a run, then deletes them and the links that hang on them.</summary>
    public static async Task DeleteAsync(string prefix)
    {
        foreach (string name in Namespaces().Where(name => name.StartsWith(prefix + "-", StringComparison.Ordinal)).ToList())
        {
            var pids = await Child.RunAsync(["ip", "netns", "pids", name], Limit, CancellationToken.None);
            foreach (string pid in pids.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                await Child.RunAsync(["kill", "-KILL", pid], Limit, CancellationToken.None);
            await Child.RunAsync(["ip", "netns", "delete", name], Limit, CancellationToken.None);
        }

        // A dead run has left its folder as well; a living one deletes its own.
        if (prefix == string.Create(CultureInfo.InvariantCulture, $"{Mark}{Environment.ProcessId}")) return;
        foreach (string folder in Directory.EnumerateDirectories(Path.GetTempPath(), prefix + "-*")) Directory.Delete(folder, recursive: true);
    }

    private static IEnumerable<string> Namespaces() =>
        Directory.Exists("/run/netns")
            ? Directory.EnumerateFiles("/run/netns").Select(path => Path.GetFileName(path)).Where(name => name.StartsWith(Mark, StringComparison.Ordinal))
            : [];
}
