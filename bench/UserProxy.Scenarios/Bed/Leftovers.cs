using System.Globalization;

namespace UserProxy.Scenarios.Bed;

/// <summary>Namespaces of runs, known by their names: deleted at a run's end, and at the next start those of runs that were killed.</summary>
internal static class Leftovers
{
    /// <summary>Before the process id of the run.</summary>
    public const string Mark = "upbench";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Prefixes of runs whose process is gone.</summary>
    public static IReadOnlyList<string> OfDeadRuns() => Of(id => !Directory.Exists($"/proc/{id}"));

    /// <summary>Prefixes of those that still run, this one left out.</summary>
    public static IReadOnlyList<string> OfOtherRuns() => Of(id => id != Environment.ProcessId && Directory.Exists($"/proc/{id}"));

    /// <summary>Ends what still runs in the namespaces of a run, then deletes them and the links that hang on them.</summary>
    public static async Task DeleteAsync(string prefix)
    {
        foreach (string name in Namespaces().Where(name => name.StartsWith(prefix + "-", StringComparison.Ordinal)).ToList())
        {
            // The shell's own kill: a small system has no program of that name.
            await Child.RunAsync(["sh", "-c", "for pid in $(ip netns pids \"$1\"); do kill -KILL \"$pid\"; done", "sh", name], Limit, CancellationToken.None);
            await Child.RunAsync(["ip", "netns", "delete", name], Limit, CancellationToken.None);
        }

        // A dead run has left its folder as well; a living one deletes its own.
        if (prefix == string.Create(CultureInfo.InvariantCulture, $"{Mark}{Environment.ProcessId}")) return;
        foreach (string folder in Directory.EnumerateDirectories(Path.GetTempPath(), prefix + "-*")) DeleteFolder(folder);
    }

    /// <summary>What was killed may be taking its sockets along, and another run may be cleaning up too: what is gone meanwhile is as it should be.</summary>
    private static void DeleteFolder(string folder)
    {
        for (int left = 100; Directory.Exists(folder); left--)
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (IOException) when (left > 0)
            {
                // Looked at anew: each time there is less.
            }
        }
    }

    private static List<string> Of(Func<int, bool> run) =>
    [
        .. Namespaces().Select(name => name.Split('-')[0]).Distinct()
            .Where(prefix => int.TryParse(prefix.AsSpan(Mark.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int id) && run(id)),
    ];

    private static IEnumerable<string> Namespaces() =>
        Directory.Exists("/run/netns")
            ? Directory.EnumerateFiles("/run/netns").Select(path => Path.GetFileName(path)).Where(name => name.StartsWith(Mark, StringComparison.Ordinal))
            : [];
}
