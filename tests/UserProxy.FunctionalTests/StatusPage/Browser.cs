using System.Diagnostics;
using System.Text.Json;
using UserProxy.App.Tests;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.StatusPage;

/// <summary>
/// A real browser (Debian's Chromium, driven by Playwright) that plays scenarios of <c>browser/page.mjs</c> on status pages, one at a time. The first one
/// starts it, and it lives as long as the tests of a class: its start takes more of the processor than most scenarios. What drives it is where <c>.ci/run</c>
/// has put it.
/// </summary>
public sealed class Browser : IAsyncDisposable
{
    /// <summary>Of a browser on a machine that does other things.</summary>
    private static readonly TimeSpan Patience = 4 * Eventually.Patience;

    private static readonly string Folder = Path.Combine(
        Repository.Root, "tests", "UserProxy.FunctionalTests", "StatusPage", "browser");

    private static string Modules { get; } = Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
            ? cache
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "userproxy-ci", "page-tests", "node_modules");

    private Process? _node;
    private Task<string>? _errors;

    internal static void SkipUnlessInstalled()
    {
        Tool.SkipUnlessInstalled("node", "chromium");
        Assert.SkipUnless(Directory.Exists(Modules), "what drives the browser is not there (.ci/run fetches it)");
    }

    /// <summary>What the scenario has seen: on any page nothing may be on the console, be asked of anybody else, or be against the page's policy.</summary>
    internal async Task<JsonElement> PlayAsync(string scenario, string url, params string[] arguments)
    {
        if (_node is null or { HasExited: true })
        {
            _node = Start();
            _errors = _node.StandardError.ReadToEndAsync(CancellationToken.None);
        }

        var node = _node;
        using var deadline = new CancellationTokenSource(Patience);
        // An answer that comes too late would be taken for the next one's.
        await using var killing = deadline.Token.Register(() => node.Kill(entireProcessTree: true));
        await node.StandardInput.WriteLineAsync(JsonSerializer.Serialize((string[])[scenario, url, .. arguments]).AsMemory(), CancellationToken.None);
        string output = await node.StandardOutput.ReadLineAsync(CancellationToken.None)
            ?? throw new InvalidOperationException($"what drives the browser has ended: {await _errors!}");
        TestContext.Current.TestOutputHelper?.WriteLine(output);
        using var json = JsonDocument.Parse(output);
        var result = json.RootElement.Clone();
        if (result.TryGetProperty("failed", out var failure)) throw new InvalidOperationException(failure.GetString());
        foreach (var kind in result.GetProperty("seen").EnumerateObject())
            kind.Value.EnumerateArray().Select(one => one.GetString()).ShouldBeEmpty(kind.Name);
        return result;
    }

    public async ValueTask DisposeAsync()
    {
        if (_node is null) return;
        using var deadline = new CancellationTokenSource(Patience);
        await using var killing = deadline.Token.Register(() => _node.Kill(entireProcessTree: true));
        if (!_node.HasExited) _node.StandardInput.Close();
        await _node.WaitForExitAsync(CancellationToken.None);
        _node.Dispose();
    }

    private static Process Start()
    {
        string chromium = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/bin").Select(
            folder => Path.Combine(folder, "chromium")).First(File.Exists);
        return Process.Start(new ProcessStartInfo("node", [Path.Combine(Folder, "page.mjs"), Modules, chromium])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }
}
