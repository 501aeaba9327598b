using System.Diagnostics;
using System.Globalization;
using UserProxy.FunctionalTests.Support;
using UserProxy.Scenarios.Report;
using UserProxy.Scenarios.Results;

namespace UserProxy.Scenarios.Tests.Runs;

/// <summary>The harness as people start it: a process with arguments, watched through what it prints.</summary>
internal sealed class BenchProcess : IAsyncDisposable
{
    /// <summary>A bound against hangs alone: a whole smoke run takes a minute on a quiet machine.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly Process _process;
    private readonly DirectoryInfo _folder;
    private readonly List<string> _printed = [];
    private bool _isFolderOthers;

    private BenchProcess(Process process, DirectoryInfo folder)
    {
        (_process, _folder) = (process, folder);
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public string Out => Path.Combine(_folder.FullName, "report");

    public string Printed
    {
        get
        {
            lock (_printed) return string.Join('\n', _printed);
        }
    }

    public static BenchProcess Start(params IEnumerable<string> arguments) => Start(Directory.CreateTempSubdirectory("scenarios-test-"), arguments);

    /// <summary>Another one, with the same folder for its report; the one that ends last takes it away.</summary>
    public BenchProcess StartAgain(params IEnumerable<string> arguments)
    {
        _isFolderOthers = true;
        return Start(_folder, arguments);
    }

    private static BenchProcess Start(DirectoryInfo folder, IEnumerable<string> arguments)
    {
        // A shell that starts the tests in the background has them ignore SIGINT, nohup SIGHUP: env(1) becomes the harness, and takes that back.
        var start = new ProcessStartInfo(
            "env",
            [
                "--default-signal=INT,HUP", Path.Combine(AppContext.BaseDirectory, "UserProxy.Scenarios"), .. arguments, "--jit", "--out",
                Path.Combine(folder.FullName, "report"),
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new BenchProcess(Process.Start(start)!, folder);
    }

    public BenchReport Report() => ReportFiles.Read(Path.Combine(Out, ReportFiles.JsonName));

    /// <summary>Waits until it has printed that, or has ended.</summary>
    public Task PrintsAsync(string text) => Eventually.IsTrue(
        () => Printed.Contains(text, StringComparison.Ordinal)
            || (_process.HasExited ? throw new InvalidOperationException($"it did not print '{text}', but: {Printed}") : false),
        $"it prints '{text}'",
        Patience);

    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", ["-" + name, Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Its exit code.</summary>
    public async Task<int> EndsAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // Only when a test has failed: by SIGTERM it cleans up.
            await SignalAsync("TERM");
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
        if (!_isFolderOthers) _folder.Delete(recursive: true);
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null) return;
        lock (_printed) _printed.Add(line.Data);
    }
}
