using System.Globalization;

namespace UserProxy.FunctionalTests.Support;

/// <summary>Holds a process and lets it go on.</summary>
internal static class StoppedProcess
{
    /// <summary>Returns when no thread of it runs any more: one may go on for a moment after SIGSTOP.</summary>
    public static async Task HoldAsync(int pid)
    {
        await Tool.RunAsync("kill", "-STOP", pid.ToString(CultureInfo.InvariantCulture));
        await Eventually.IsTrue(() => Directory.GetDirectories($"/proc/{pid}/task").All(IsStopped), "every thread is stopped");
    }

    public static Task GoOnAsync(int pid) => Tool.RunAsync("kill", "-CONT", pid.ToString(CultureInfo.InvariantCulture));

    private static bool IsStopped(string task)
    {
        try
        {
            // After the name, which may have anything in it.
            string stat = File.ReadAllText(Path.Combine(task, "stat"));
            return stat[stat.LastIndexOf(')')..].StartsWith(") T", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }
}
