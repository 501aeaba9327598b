using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Tracing;

/// <summary>A <c>userproxy trace</c> beside a running proxy, and what it has printed so far.</summary>
internal sealed class TracingProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _out = new(), _error = new();

    private TracingProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Add(_out, line.Data);
        process.ErrorDataReceived += (_, line) => Add(_error, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Out
    {
        get
        {
            lock (_out) return _out.ToString();
        }
    }

    public string Error
    {
        get
        {
            lock (_error) return _error.ToString();
        }
    }

    /// <summary>The lines of <c>-o json</c>.</summary>
    public IReadOnlyList<JsonElement> Records =>
        [.. Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.Clone())];

    /// <summary>Returns when the proxy follows for it.</summary>
    public static async Task<TracingProcess> StartAsync(ServingProcess proxy, params string[] arguments)
    {
        var tracing = await BeginAsync(proxy, arguments);
        tracing.Error.ShouldContain("following");
        return tracing;
    }

    /// <summary>Tries until there is room for it: the place of one that has ended is found free within a second or so.</summary>
    public static async Task<TracingProcess> StartWhenThereIsRoomAsync(ServingProcess proxy)
    {
        TracingProcess? tracing = null;
        await Eventually.IsTrue(
            async () =>
            {
                if (tracing is not null) await tracing.DisposeAsync();
                tracing = await BeginAsync(proxy);
                return tracing.Error.Contains("following", StringComparison.Ordinal);
            },
            "there is room for one more");
        return tracing!;
    }

    public Task HasAsync(string text) => Eventually.IsTrue(() => Out.Contains(text, StringComparison.Ordinal), $"the trace prints {text}");

    public Task SignalAsync(string signal) => Tool.RunAsync("kill", $"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture));

    public async Task<int> ExitCodeAsync()
    {
        using var deadline = new CancellationTokenSource(Eventually.Patience);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static async Task<TracingProcess> BeginAsync(ServingProcess proxy, params string[] arguments)
    {
        // A shell that starts the tests in the background has them ignore SIGINT.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", TestedProgram.Path, "trace", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["USERPROXY_ADMIN_SOCKET"] = proxy.AdminSocket;
        var process = Process.Start(start)!;
        var tracing = new TracingProcess(process);
        await Eventually.IsTrue(
            () => process.HasExited || tracing.Error.Contains("following", StringComparison.Ordinal), "the trace has begun or ended");
        if (process.HasExited) await process.WaitForExitAsync(); // read to its end
        return tracing;
    }

    private static void Add(StringBuilder to, string? line)
    {
        if (line is null) return;
        lock (to) to.Append(line).Append('\n');
    }
}
