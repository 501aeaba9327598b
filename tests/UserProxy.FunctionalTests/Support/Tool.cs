using System.Diagnostics;
using System.Globalization;

namespace UserProxy.FunctionalTests.Support;

/// <summary>A real program that a case needs: found in PATH or the case is skipped, started as a child, ended by its id.</summary>
internal sealed class Tool : IAsyncDisposable
{
    private readonly Process _process;

    private Tool(Process process)
    {
        _process = process;
        // Read, so that it never blocks on a full pipe.
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    /// <summary>Processor time that it has used.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public bool HasExited => _process.HasExited;

    public static void SkipUnlessInstalled(params string[] names)
    {
        foreach (string name in names) Assert.SkipUnless(IsInstalled(name), $"{name} is not installed");
    }

    public static string? FirstMissing(params string[] names) => names.FirstOrDefault(name => !IsInstalled(name));

    public static Tool Start(string name, params string[] arguments) => new(Launch(name, arguments));

    /// <summary>Runs it to its end and returns what it printed.</summary>
    public static Task<string> RunAsync(string name, params string[] arguments) => RunAsync(Eventually.Patience, name, arguments);

    /// <summary>The same for one that takes longer; it is ended when it takes longer than that.</summary>
    public static async Task<string> RunAsync(TimeSpan within, string name, params string[] arguments)
    {
        using var process = Launch(name, arguments);
        using var deadline = new CancellationTokenSource(within);
        await using var killing = deadline.Token.Register(() => process.Kill(entireProcessTree: true));
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        string output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        if (process.ExitCode != 0) throw new InvalidOperationException($"{name} exited with {process.ExitCode}: {await errors}{output}");
        return output;
    }

    /// <summary>Runs it to its end with <paramref name="input"/>; returns what it printed to either stream.</summary>
    public static async Task<(int ExitCode, string Output)> FeedAsync(string input, string name, params string[] arguments)
    {
        var start = new ProcessStartInfo(name, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(Eventually.Patience);
        var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        await process.StandardInput.WriteAsync(input.AsMemory(), deadline.Token);
        process.StandardInput.Close();
        await process.WaitForExitAsync(deadline.Token);
        return (process.ExitCode, await output + await errors);
    }

    /// <summary>kill(1) with a signal name, to this process alone.</summary>
    public Task SignalAsync(string signal) => RunAsync("kill", $"-{signal}", Id.ToString(CultureInfo.InvariantCulture));

    public async Task<int> ExitCodeAsync(TimeSpan? within = null)
    {
        using var deadline = new CancellationTokenSource(within ?? Eventually.Patience);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static bool IsInstalled(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Any(folder => File.Exists(Path.Combine(folder, name)));

    private static Process Launch(string name, string[] arguments) =>
        Process.Start(new ProcessStartInfo(name, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
}
