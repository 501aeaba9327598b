using System.Diagnostics;
using System.Globalization;

namespace UserProxy.Scenarios.Bed;

/// <summary>A program of the run: started by <see cref="TestBed"/>, ended by its id, its output in a file of the run's folder.</summary>
internal sealed class Child : IAsyncDisposable
{
    /// <summary>Between SIGTERM and SIGKILL.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly string _log;

    private Child(Process process, string log) => (_process, _log) = (process, log);

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Open only when asked for: a terminal's input belongs to the terminal.</summary>
    public StreamWriter Input => _process.StandardInput;

    public string Log => File.Exists(_log) ? File.ReadAllText(_log) : "";

    /// <summary>The shell gives way to the program (exec), and so does ip(8): the id is the program's own.</summary>
    public static Child Start(string log, bool withInput, params IEnumerable<string> command)
    {
        string script = withInput ? "log=$1; shift; exec \"$@\" >\"$log\" 2>&1" : "log=$1; shift; exec \"$@\" >\"$log\" 2>&1 </dev/null";
        var start = new ProcessStartInfo("sh", ["-c", script, "sh", log, .. command]) { RedirectStandardInput = withInput };
        return new Child(Process.Start(start)!, log);
    }

    /// <summary>Runs it to its end; what it printed to either stream. Cancelling ends it.</summary>
    public static async Task<Finished> RunAsync(IEnumerable<string> command, TimeSpan limit, CancellationToken stop, string? input = null)
    {
        string[] words = [.. command];
        var start = new ProcessStartInfo(words[0], words[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        using var process = Process.Start(start)!;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            try
            {
                if (input is not null) await process.StandardInput.WriteAsync(input.AsMemory(), deadline.Token);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended before it had read everything: its exit code and output say why.
            }

            await process.WaitForExitAsync(deadline.Token);
            return new Finished(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            stop.ThrowIfCancellationRequested();
            return new Finished(-1, "", string.Create(CultureInfo.InvariantCulture, $"{string.Join(' ', words)} took more than {limit.TotalSeconds} s"));
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!_process.HasExited)
                await RunAsync(["sh", "-c", string.Create(CultureInfo.InvariantCulture, $"kill -TERM {Id}")], Patience, CancellationToken.None);
            using var patience = new CancellationTokenSource(Patience);
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }
}
