using System.Diagnostics;

namespace UserProxy.Chart.Tests.Support;

/// <summary>What a program printed, and how it ended.</summary>
internal sealed record Ran(int ExitCode, string Output, string Error)
{
    public static async Task<Ran> ToItsEndAsync(
        string program, IEnumerable<string> arguments, string input = "", IReadOnlyDictionary<string, string>? variables = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in variables ?? new Dictionary<string, string>()) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var error = process.StandardError.ReadToEndAsync(deadline.Token);
        await process.StandardInput.WriteAsync(input.AsMemory(), deadline.Token);
        process.StandardInput.Close();
        await process.WaitForExitAsync(deadline.Token);
        return new Ran(process.ExitCode, await output, await error);
    }
}
