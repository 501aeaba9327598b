using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace UserProxy.Chart.Tests.Support;

/// <summary>
/// The container of a rendered DaemonSet as a process of this machine: its arguments, its environment and its mounts, the paths of these moved to a folder of
/// the test.
/// </summary>
internal sealed class ChartProcess : IAsyncDisposable
{
    private readonly ChartProcess? _beside;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-chart-");
    private readonly StringBuilder _said = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private Process? _process;
    private JsonObject? _container;

    /// <param name="beside">Another Pod of the same node: hostPath folders and ports are the same.</param>
    public ChartProcess(ChartProcess? beside = null)
    {
        _beside = beside;
        Health = beside?.Health ?? FreePort.Next();
        Metrics = beside?.Metrics ?? FreePort.Next();
    }

    /// <summary>Its ports are the test's own; everything else is the chart's.</summary>
    public int Health { get; }

    public int Metrics { get; }

    public string Said
    {
        get
        {
            lock (_said) return _said.ToString();
        }
    }

    public bool HasExited => _process!.HasExited;

    /// <summary>Values that make the container fit beside others on this machine.</summary>
    public string[] Values =>
        ["--set-string", string.Create(CultureInfo.InvariantCulture, $"healthzBindAddress=127.0.0.1:{Health},metricsBindAddress=127.0.0.1:{Metrics}")];

    /// <param name="objects">Rendered with <see cref="Values"/>.</param>
    /// <param name="kubeconfig">In the place of the Pod's ServiceAccount; null for none.</param>
    public void Start(IReadOnlyList<JsonObject> objects, string? kubeconfig)
    {
        _container = objects.Container();
        var start = new ProcessStartInfo(TestedProgram.Path) { RedirectStandardError = true };
        foreach (string argument in _container.Arguments()) start.ArgumentList.Add(Moved(argument));
        if (kubeconfig is not null)
        {
            string file = Path.Combine(_folder.FullName, "kubeconfig");
            File.WriteAllText(file, kubeconfig);
            start.ArgumentList.Add($"--kubeconfig={file}");
        }

        foreach (var variable in _container["env"]!.AsArray())
        {
            string name = variable!["name"]!.GetValue<string>();
            // the only field that is referred to is the node's name
            start.Environment[name] = variable["value"] is { } value ? Moved(value.GetValue<string>()) : "node-1";
        }

        // As the kubelet sets it, for every container.
        start.Environment["KUBERNETES_SERVICE_HOST"] = "10.96.0.1";
        foreach (var mount in _container["volumeMounts"]!.AsArray()) Directory.CreateDirectory(Moved(mount!["mountPath"]!.GetValue<string>()));
        var configuration = objects.SingleOrDefault(item => item["kind"]!.GetValue<string>() == "ConfigMap");
        foreach (var (key, text) in configuration?["data"]!.AsObject() ?? [])
            File.WriteAllText(Path.Combine(Moved("/etc/userproxy"), key), text!.GetValue<string>());
        Run(start);
    }

    /// <summary>As the kubelet does when the container has ended: in the same Pod.</summary>
    public void Restart()
    {
        var start = _process!.StartInfo;
        _process.Dispose();
        Run(start);
    }

    private void Run(ProcessStartInfo start)
    {
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_said) _said.AppendLine(line.Data);
        };
        _process.BeginErrorReadLine();
    }

    /// <summary>Puts a file into a volume of the container. Before <see cref="Start"/>.</summary>
    public void Mount(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Moved(path))!);
        File.WriteAllText(Moved(path), Moved(text));
    }

    /// <summary>Where a path of the container lies.</summary>
    public string PathOf(string path) => Moved(path);

    /// <summary>What the command of a probe says, run in the container.</summary>
    public Task<Ran> ExecProbeAsync(string probe)
    {
        string[] command = [.. _container![probe]!["exec"]!["command"]!.AsArray().Select(word => word!.GetValue<string>())];
        command[0].ShouldBe("userproxy");
        return ExecAsync(command[1..]);
    }

    /// <summary>What the kubelet would get from a probe of the container; null for no answer.</summary>
    public async Task<HttpStatusCode?> ProbeAsync(string probe)
    {
        var get = _container![probe]!["httpGet"]!;
        try
        {
            using var response = await _http.GetAsync(new Uri($"http://{get["host"]}:{get["port"]}{get["path"]}"));
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>As <c>kubectl exec</c> would run it: with the container's environment.</summary>
    public Task<Ran> ExecAsync(params string[] arguments) => Ran.ToItsEndAsync(
        TestedProgram.Path, arguments, variables: new Dictionary<string, string>
        {
            ["USERPROXY_ADMIN_SOCKET"] = Moved("/run/userproxy/admin.sock"),
            ["USERPROXY_PROBE_SOCKET"] = Moved("/run/userproxy-pod/probe.sock"),
        });

    public async Task<(int ExitCode, TimeSpan Took)> TerminateAsync()
    {
        var watch = Stopwatch.StartNew();
        await Ran.ToItsEndAsync(Programs.Need("kill"), ["-TERM", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await _process.WaitForExitAsync(deadline.Token);
        return (_process.ExitCode, watch.Elapsed);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            if (!process.HasExited) process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }

        _http.Dispose();
        _folder.Delete(recursive: true);
    }

    private string Moved(string text) => text
        .Replace("/etc/userproxy", Path.Combine(_folder.FullName, "etc"), StringComparison.Ordinal)
        .Replace("/var/lib/kube-proxy", Path.Combine(_folder.FullName, "kube-proxy"), StringComparison.Ordinal)
        .Replace("/run/userproxy-pod", Path.Combine(_folder.FullName, "pod"), StringComparison.Ordinal)
        .Replace("/run/userproxy", Path.Combine((_beside ?? this)._folder.FullName, "run"), StringComparison.Ordinal);
}
