using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using UserProxy.FakeApiServer;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>The executable on a cluster: <c>run --kubeconfig</c> against a fake API server, with clients. Each case has its own of all.</summary>
public abstract class ApiServerCase : IAsyncDisposable
{
    private ApiServer? _api;
    private Process? _process;

    private protected DirectoryInfo Folder { get; } = Directory.CreateTempSubdirectory("userproxy-api-");

    private protected int Port { get; } = FreePort.Next();

    private protected int HealthPort { get; } = FreePort.Next();

    private protected int MetricsPort { get; } = FreePort.Next();

    private protected Process Process => _process!;

    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            if (!process.HasExited) process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }

        if (_api is not null) await _api.DisposeAsync();
        Folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected Task<ApiServer> ServeAsync(params string[] objects) =>
        ServeAsync(new ServerSettings { BookmarkInterval = TimeSpan.FromMilliseconds(200) }, objects);

    private protected async Task<ApiServer> ServeAsync(ServerSettings settings, params string[] objects)
    {
        _api = await ApiServer.StartAsync(settings);
        foreach (string item in objects) _api.Apply(item);
        return _api;
    }

    private protected void Start(TransportKind transport, params string[] more) => Start(transport, _api!.Kubeconfig(), more);

    private protected void Start(TransportKind transport, string config, string[] more)
    {
        string kubeconfig = Path.Combine(Folder.FullName, "kubeconfig");
        File.WriteAllText(kubeconfig, config);
        var start = new ProcessStartInfo(TestedProgram.Path) { RedirectStandardError = true };
        foreach (string argument in (string[])
        [
            "run", "--kubeconfig", kubeconfig, "--node-name", "node-1", "--cluster-ips", "off", "--node-port-addresses", "127.0.0.0/8",
                "--allow-loopback-endpoints",
            "--healthz-bind-address", $"127.0.0.1:{HealthPort}", "--metrics-bind-address", $"127.0.0.1:{MetricsPort}", "--admin-socket",
            Path.Combine(Folder.FullName, "admin.sock"), "--drain-timeout", "1s",
            "--transport", transport.Name(),
            .. more,
        ]) start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
    }

    /// <summary>Ends the process by a signal; gives what it has logged. Another may be started then.</summary>
    private protected async Task<string> EndAsync(string signal)
    {
        using var process = Process;
        await Tool.RunAsync("kill", $"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture));
        string log = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        _process = null;
        return log;
    }

    private protected string Service() => string.Create(
        CultureInfo.InvariantCulture,
        $"{{kind: Service, metadata: {{name: web, namespace: demo}}, spec: {{type: NodePort, clusterIP: 10.96.0.1, ports: [{{port: 80, nodePort: "
            + $"{Port}}}]}}}}");

    private protected static string Slice(string name, Backend backend, string annotations = "") => string.Create(
        CultureInfo.InvariantCulture,
        $"{{kind: EndpointSlice, metadata: {{name: {name}, namespace: demo, annotations: {{{annotations}}}, labels: {{kubernetes.io/service-name: web}}}}, "
            + $"addressType: IPv4, ports: [{{port: {backend.EndPoint.Port}}}], endpoints: [{{addresses: [\"127.0.0.1\"]}}]}}");

    private protected Task<TimeSpan> AnswersAsync(string expected) => Eventually.IsTrue(async () => await AskAsync() == expected, $"{expected} answers");

    private protected async Task<string> AskAsync()
    {
        try
        {
            using var peer = await Peer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Port));
            peer.FinishSending();
            return System.Text.Encoding.ASCII.GetString((await peer.ReceiveToEndAsync()).Bytes);
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode.ToString();
        }
    }

    /// <summary>
    /// Asks over and over, more than a hundred times in all. No more than two hundred times a second: what others run meanwhile needs the processors, too.
    /// </summary>
    private protected async Task<List<string>> LoadAsync(CancellationToken stop)
    {
        var answers = new List<string>();
        while (!stop.IsCancellationRequested || answers.Count <= 100)
        {
            answers.Add(await AskAsync());
            await Task.Delay(5, CancellationToken.None);
        }

        return answers;
    }

    private protected async Task<HttpStatusCode?> HealthAsync(string path)
    {
        using var http = new HttpClient();
        try
        {
            using var response = await http.GetAsync(new Uri($"http://127.0.0.1:{HealthPort}{path}"));
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
