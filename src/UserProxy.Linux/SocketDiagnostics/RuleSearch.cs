using System.ComponentModel;
using System.Diagnostics;
using UserProxy.Model;

namespace UserProxy.Linux.SocketDiagnostics;

/// <summary>
/// Looks for netfilter rules and IPVS servers that name a port, as far as this process may and in bounded time. A hint for people, never needed for a verdict. The tools are only
/// told to list. Never throws; <see cref="Unseen"/> says what could not be looked at.
/// </summary>
internal sealed class RuleSearch(TransportProtocol protocol, int port, string procNet = "/proc/net", string[][]? listers = null)
{
    // The rules of 10,000 Services are about 10 MB.
    private const int MostCharacters = 16 * 1024 * 1024;

    private static readonly string[][] Tools = [["nft", "-s", "list", "ruleset"], ["iptables-save"], ["ip6tables-save"]];

    public List<RuleHint> Hints { get; } = [];

    public List<string> Unseen { get; } = [];

    public async Task RunAsync(TimeSpan limit, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(limit);
        ReadVirtualServers();
        // iptables-save of the nft kind does not show tables of the legacy kind.
        var tools = HasLegacyTables() ? (listers ?? Tools).Append(["iptables-legacy-save"]) : listers ?? Tools;
        foreach (var (lines, problem) in await Task.WhenAll(tools.Select(tool => ListAsync(tool, deadline.Token))))
        {
            foreach (var hint in lines.Hints)
            {
                if (!Hints.Exists(known => known.Text == hint.Text && known.Place == hint.Place)) Hints.Add(hint);
            }

            if (problem is not null && !Unseen.Contains(problem)) Unseen.Add(problem);
        }
    }

    private void ReadVirtualServers()
    {
        try
        {
            Hints.AddRange(VirtualServers.Find(File.ReadLines(Path.Combine(procNet, "ip_vs")), protocol, port));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // No IPVS in this kernel or namespace.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Unseen.Add($"IPVS servers: {e.Message}");
        }
    }

    private bool HasLegacyTables()
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

    // A thread each: reading a pipe blocks one of the pool otherwise, which has as many as the node has cores, and the waits of the test connections need them.
    private Task<(RuleLines Lines, string? Problem)> ListAsync(string[] tool, CancellationToken limit) =>
        Task.Factory.StartNew(() => List(tool, limit), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private (RuleLines Lines, string? Problem) List(string[] tool, CancellationToken limit)
    {
        var lines = new RuleLines(tool[0], protocol, port);
        if (ToolPath.Find(tool[0]) is not { } program) return (lines, WhenMissing(tool[0]));
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, tool[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            // Its end closes the pipes, and so ends the reading, which no token does.
            using var deadline = limit.Register(() => Kill(process));
            int characters = 0;
            while (characters < MostCharacters && process.StandardOutput.ReadLine() is { } line)
            {
                characters += line.Length;
                lines.Read(line);
            }

            if (characters >= MostCharacters)
            {
                Kill(process);
                return (lines, $"netfilter rules: {tool[0]} lists more than can be searched here");
            }

            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            if (limit.IsCancellationRequested) return (lines, $"netfilter rules: {tool[0]} did not list them in time");
            return (lines, process.ExitCode == 0 ? null : Describe(tool[0], error));
        }
        catch (Win32Exception)
        {
            return (lines, WhenMissing(tool[0]));
        }
        catch (IOException e)
        {
            return (lines, $"netfilter rules: {tool[0]}: {e.Message}");
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
        error.Contains("permitted", StringComparison.Ordinal) || error.Contains("Permission denied", StringComparison.Ordinal) || error.Contains("must be root", StringComparison.Ordinal)
            ? "netfilter rules: listing them needs root"
            : $"netfilter rules: {tool} failed: {error.Split('\n', 2)[0].Trim()}";
}
