using System.Text.Json;
using UserProxy.App.CommandLine;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.App.Tests;

/// <summary>A <c>run</c> of a manifest in this process, which commands ask by its admin socket. Ends with its test.</summary>
internal sealed class AskedProxy : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TempFolder _folder = new();
    private Task<int> _run = Task.FromResult(ExitCode.Done);

    /// <summary>The manifest; it may be changed meanwhile.</summary>
    public string ManifestPath => Path.Combine(_folder.Path, "a.yaml");

    private string SocketPath => Path.Combine(_folder.Path, "a.sock");

    /// <summary>Returns when it is ready.</summary>
    public async Task StartAsync(string manifest, string drainTimeout = "0s", string metrics = "off")
    {
        await File.WriteAllTextAsync(ManifestPath, manifest, TestContext.Current.CancellationToken);
        _run = new Cli().RunUntilAsync(
            _stop.Token, "run", "--manifests", ManifestPath, "--admin-socket", SocketPath, "--cluster-ips", "off", "--healthz-bind-address", "off",
            "--metrics-bind-address", metrics, "--drain-timeout", drainTimeout);
        await AskUntilAsync("status -o json", answer => answer.Printed.Contains("\"ready\": true", StringComparison.Ordinal));
    }

    public Task StopAsync() => _stop.CancelAsync();

    public async Task<(int Code, string Printed, string Said)> AskUntilAsync(string line, Func<(int Code, string Printed, string Said), bool> isIt)
    {
        (int, string, string) answer = default;
        await Eventually.IsTrue(
            async () =>
            {
                answer = await AskAsync(line);
                return isIt(answer);
            },
            line);
        return answer;
    }

    public async Task<(int Code, string Printed, string Said)> AskAsync(string line)
    {
        var cli = new Cli().With("USERPROXY_ADMIN_SOCKET", SocketPath);
        int code = await cli.RunAsync(line.Split(' '));
        return (code, cli.Out.ToString(), cli.Error.ToString());
    }

    /// <summary>What the socket itself answers.</summary>
    public async Task<JsonDocument> GetAsync(string resource)
    {
        using var client = new AdminClient(SocketPath, isRoot: false);
        return await client.GetAsync(resource, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        (await _run).ShouldBe(ExitCode.Done);
        _stop.Dispose();
        _folder.Dispose();
    }
}
