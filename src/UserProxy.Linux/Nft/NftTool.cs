using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using UserProxy.Linux.Kernel;
using UserProxy.Linux.VirtualIPs;

namespace UserProxy.Linux.Nft;

/// <summary>
/// Runs nft(8) with a script on its standard input; nft makes one transaction of it, so that all or nothing happens. <paramref name="command"/> is
/// the program with its first arguments. Failures are values, in words that tell the next step. Used by <see cref="Guard"/>, MarkTables and the cleanups.
/// </summary>
/// <param name="command">Looked for in PATH.</param>
/// <param name="patience">Of a process that goes on while it hangs; null where it is run for one who waits.</param>
internal sealed class NftTool(IReadOnlyList<string> command, NftPatience? patience = null)
{
    /// <summary>20,000 addresses take a tenth of a second; a busy node may take its time.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromSeconds(5);

    /// <summary>Before the first port is listened on.</summary>
    public static readonly TimeSpan AtStart = TimeSpan.FromSeconds(1);

    /// <summary>What is left then is for the next run, and for <c>userproxy cleanup</c>.</summary>
    public static readonly TimeSpan AtEnd = TimeSpan.FromSeconds(2);

    /// <summary>A change that is not carried out (<c>-c</c>). It takes the kernel's lock, which a list does not.</summary>
    private const string Probe = "add table inet userproxy_probe\n";

    private const int LongestReason = 200;

    /// <summary>When it is killed.</summary>
    public TimeSpan Longest { get; set; } = Usual;

    public async Task<NftOutcome> RunAsync(string script, CancellationToken cancellation, params string[] options)
    {
        if (patience?.Trouble is { } trouble) return NftOutcome.Failed(NftProblem.TimedOut, trouble);
        var outcome = await RunOnceAsync(script, options, cancellation);
        if (outcome.Problem != NftProblem.TimedOut) patience?.Reset();
        else patience?.StartRetrying(outcome.Reason, async stop => (await RunOnceAsync(Probe, ["-c"], stop)).Problem != NftProblem.TimedOut);
        return outcome;
    }

    private async Task<NftOutcome> RunOnceAsync(string script, string[] options, CancellationToken cancellation)
    {
        var longest = Longest;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(longest);
        Process? process = null;
        try
        {
            if (ToolPath.Find(command[0]) is not { } program) return Missing();
            process = Start(program, options);
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var error = process.StandardError.ReadToEndAsync(deadline.Token);
            await WriteAsync(process, script, deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return process.ExitCode == 0 ? NftOutcome.Done(await output) : Refused(await error);
        }
        catch (Win32Exception e)
        {
            return e.NativeErrorCode == Errno.ENOENT
                ? Missing()
                : NftOutcome.Failed(
                    NftProblem.NotStarted, $"{command[0]} cannot be started (errno {e.NativeErrorCode}: {Marshal.GetPInvokeErrorMessage(e.NativeErrorCode)})");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return NftOutcome.Failed(NftProblem.TimedOut, $"{command[0]} hangs: it did not end within {longest.TotalSeconds:0} s");
        }
        finally
        {
            if (process is { HasExited: false }) process.Kill(entireProcessTree: true);
            process?.Dispose();
        }
    }

    internal static NftOutcome Refused(string error)
    {
        // The lines after the first repeat the script, all its addresses included.
        string first = error.AsSpan().TrimStart().ToString().Split('\n', 2)[0].Trim();
        if (first.Length > LongestReason) first = first[..LongestReason] + "...";
        return error.Contains("Operation not permitted", StringComparison.Ordinal)
            ? NftOutcome.Failed(
                NftProblem.NotPermitted, "nft may not change rules: it needs CAP_NET_ADMIN (run as root, or give the container the capability NET_ADMIN)")
            : NftOutcome.Failed(NftProblem.Refused, $"nft refused the rules: {(first.Length == 0 ? "no reason given" : first)}");
    }

    private NftOutcome Missing() => NftOutcome.Failed(NftProblem.Missing, $"there is no {command[0]}: install the package nftables");

    private Process Start(string program, string[] options)
    {
        var start = new ProcessStartInfo(program, [.. command.Skip(1), .. options, "-f", "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }

    private static async Task WriteAsync(Process process, string script, CancellationToken cancellation)
    {
        try
        {
            await process.StandardInput.WriteAsync(script.AsMemory(), cancellation);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all: its exit code and its error output say why.
        }
    }
}

/// <summary>What became of an nft(8) script: <see cref="Output"/> when it was carried out, else why not and what to do about it.</summary>
internal readonly record struct NftOutcome(NftProblem Problem, string Output, string Reason)
{
    public bool Succeeded => Problem == NftProblem.None;

    public static NftOutcome Done(string output) => new(NftProblem.None, output, "");

    public static NftOutcome Failed(NftProblem problem, string reason) => new(problem, "", reason);
}
