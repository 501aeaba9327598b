using System.Text;
using UserProxy.Scenarios.Bed;

namespace UserProxy.Scenarios.Tests.Runs;

/// <summary>What runs may leave on the machine: network namespaces, folders and processes.</summary>
internal static class RunTraces
{
    /// <summary>Needs: root, namespaces, and what the smoke form drives.</summary>
    public static void SkipUnlessAble()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "network namespaces need root");
        foreach (var tool in new[] { Tool.Ip, Tool.Nginx, Tool.Wrk, Tool.Curl, Tool.Iperf, Tool.Iptables, Tool.Nft, Tool.Knot })
            Assert.SkipUnless(tool.IsInstalled, $"{tool.Name} is not installed");
    }

    public static IReadOnlyList<string> NamespacesOf(int run) => Of("/run/netns", run);

    /// <summary>Everything that a run of that process id has made and that is still there.</summary>
    public static IReadOnlyList<string> LeftBy(int run) => [.. NamespacesOf(run), .. Of(Path.GetTempPath(), run), .. ProcessesOf(run)];

    private static List<string> Of(string folder, int run) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFileSystemEntries(folder, FormattableString.Invariant($"{Leftovers.Mark}{run}-*"))] : [];

    /// <summary>Each program of a run has a namespace or a file of the run in its command line.</summary>
    private static IEnumerable<string> ProcessesOf(int run)
    {
        string mark = FormattableString.Invariant($"{Leftovers.Mark}{run}-");
        foreach (string folder in Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])))
        {
            string command;
            try
            {
                command = Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(folder, "cmdline"))).Replace('\0', ' ');
            }
            catch (IOException)
            {
                continue; // it has ended
            }

            if (command.Contains(mark, StringComparison.Ordinal)) yield return command;
        }
    }
}
