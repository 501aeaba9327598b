using System.Globalization;
using System.Text.Json.Nodes;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.Image;

/// <summary>A container of runc(8) that runs. Killed and forgotten with the test.</summary>
internal sealed class Container : IAsyncDisposable
{
    private static int Made;

    private readonly DirectoryInfo _bundle = Directory.CreateTempSubdirectory("userproxy-container-");
    private readonly string _id = string.Create(CultureInfo.InvariantCulture, $"userproxy-{Environment.ProcessId}-{Interlocked.Increment(ref Made)}");
    private Tool? _runc;

    private Container()
    {
    }

    public static async Task<Container> StartAsync(ContainerSpec spec)
    {
        var container = new Container();
        await container.WriteAsync(spec);
        container._runc = Tool.Start("runc", container.Arguments("run", "--bundle", container._bundle.FullName));
        return container;
    }

    /// <summary>Runs one to its end; what it printed to either stream.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(ContainerSpec spec)
    {
        await using var container = new Container();
        await container.WriteAsync(spec);
        return await Tool.FeedAsync("", "runc", container.Arguments("run", "--bundle", container._bundle.FullName));
    }

    /// <summary>/proc/PID/NAME of its first process, as the host sees it.</summary>
    public async Task<string> ProcAsync(string name) => await File.ReadAllTextAsync(Path.Combine(await ProcFolderAsync(), name));

    /// <summary>What its first process has open, as /proc/PID/fd names it.</summary>
    public async Task<string[]> DescriptorsAsync() =>
        [.. Directory.GetFiles(Path.Combine(await ProcFolderAsync(), "fd")).Select(link => new FileInfo(link).LinkTarget ?? "")];

    /// <summary>Another program in it, as an exec probe is: with its user, rights and environment.</summary>
    public Task<(int ExitCode, string Output)> ExecAsync(params string[] command) => Tool.FeedAsync("", "runc", [.. Arguments("exec"), .. command]);

    public Task<int> ExitCodeAsync() => _runc!.ExitCodeAsync();

    public Task StopAsync() => Tool.RunAsync("runc", [.. Arguments("kill"), "TERM"]);

    public async ValueTask DisposeAsync()
    {
        // Says so when it has ended by itself.
        await Tool.FeedAsync("", "runc", Arguments("delete", "--force"));
        if (_runc is not null) await _runc.DisposeAsync();
        _bundle.Delete(recursive: true);
    }

    private async Task<string> ProcFolderAsync()
    {
        int pid = JsonNode.Parse(await Tool.RunAsync("runc", Arguments("state")))!["pid"]!.GetValue<int>();
        return string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}");
    }

    private async Task WriteAsync(ContainerSpec spec)
    {
        await Tool.RunAsync("runc", "spec", "--bundle", _bundle.FullName);
        string file = Path.Combine(_bundle.FullName, "config.json");
        await File.WriteAllTextAsync(file, spec.ToJson(await File.ReadAllTextAsync(file)));
    }

    /// <summary>With a folder for its state that no other runc of this machine looks at.</summary>
    private string[] Arguments(string command, params string[] options) => ["--root", Path.Combine(_bundle.FullName, "state"), command, .. options, _id];
}
