using System.ComponentModel;
using System.Diagnostics;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// Has the tools of netfilter list their rules, line by line, in bounded time and size. They are told to list and nothing else. Used by
/// <see cref="RuleSearch"/> and <see cref="KubeProxyRules"/>.
/// </summary>
internal static class RuleLister
{
    // The rules of 10,000 Services are about 10 MB.
    private const int MostCharacters = 16 * 1024 * 1024;

    /// <summary>128 + SIGKILL, and ENOENT.</summary>
    private const int Killed = 137, NoEntry = 2;

    private static readonly string[][] Usual = [["nft", "-s", "list", "ruleset"], ["iptables-save"], ["ip6tables-save"]];

    /// <param name="procNet">For tests; /proc/net.</param>
    public static string[][] Tools(string procNet) =>
        // iptables-save of the nft kind does not show tables of the legacy kind.
        HasLegacyTables(procNet) ? [.. Usual, ["iptables-legacy-save"]] : Usual;

    /// <summary>Null when all lines were read, or the tool is not there and another sees the same; else what to say.</summary>
    public static string? List(string[] tool, Action<string> onLine, CancellationToken limit)
    {
        if (ToolPath.Find(tool[0]) is not { } program) return WhenMissing(tool[0]);
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, tool[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            // Its end closes the pipes, and so ends the reading, which no token does.
            using var deadline = limit.Register(() => Kill(process));
            int characters = 0;
            while (characters < MostCharacters && process.StandardOutput.ReadLine() is { } line)
            {
                characters += line.Length;
                onLine(line);
            }

            if (characters >= MostCharacters)
            {
                Kill(process);
                return $"netfilter rules: {tool[0]} lists more than can be searched here";
            }

            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            // One that has ended by itself meanwhile has said all.
            if (limit.IsCancellationRequested && process.ExitCode == Killed) return $"netfilter rules: {tool[0]} did not list them in time";
            return process.ExitCode == 0 ? null : Describe(tool[0], error);
        }
        catch (Win32Exception e) when (e.NativeErrorCode == NoEntry)
        {
            return WhenMissing(tool[0]);
        }
        catch (Win32Exception e)
        {
            // No memory or no process is left: that there are no rules would be a lie.
            return $"netfilter rules: {tool[0]} could not be started: {e.Message}";
        }
        catch (IOException e)
        {
            return $"netfilter rules: {tool[0]}: {e.Message}";
        }
    }

    private static bool HasLegacyTables(string procNet)
    {
        try
        {
            return File.ReadLines(Path.Combine(procNet, "ip_tables_names")).Any();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Not installed: its kind of rules may be seen by the other tools.</summary>
    private static string? WhenMissing(string tool) => tool == "nft" ? "netfilter rules: there is no nft in PATH to list them" : null;

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    private static string Describe(string tool, string error) =>
        error.Contains("permitted", StringComparison.Ordinal)
            || error.Contains("Permission denied", StringComparison.Ordinal) || error.Contains("must be root", StringComparison.Ordinal)
            ? "netfilter rules: listing them needs root"
            : $"netfilter rules: {tool} failed: {error.Split('\n', 2)[0].Trim()}";
}
