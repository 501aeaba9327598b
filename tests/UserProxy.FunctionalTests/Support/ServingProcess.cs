using System.Diagnostics;
using System.Net;
using System.Text.Json;
using UserProxy.FunctionalTests.Backends;

namespace UserProxy.FunctionalTests.Support;

/// <summary>The executable serving a manifest that the test writes, and the executable asking it: <c>userproxy list</c> and its siblings.</summary>
internal sealed class ServingProcess : IAsyncDisposable
{
    private static string Executable => TestedProgram.Path;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-admin-");
    private readonly string[] _arguments;

    private ServingProcess(TransportKind transport, string manifest)
    {
        string path = Path.Combine(_folder.FullName, "services.yaml");
        File.WriteAllText(path, manifest);
        _arguments =
        [
            "run",
            "--manifests", path,
            "--node-port-addresses", "127.0.0.0/8",
            "--node-name", "node-1",
            "--transport", transport.Name(),
            "--admin-socket", AdminSocket,
            "--probe-socket", ProbeSocket,
            "--cluster-ips", "off",
            "--healthz-bind-address", "off",
            "--drain-timeout", "0s",
        ];
        Process = Tool.Start(Executable, _arguments);
    }

    public Tool Process { get; }

    public string Folder => _folder.FullName;

    public string AdminSocket => Path.Combine(_folder.FullName, "admin.sock");

    public string ProbeSocket => Path.Combine(_folder.FullName, "probe.sock");

    /// <summary>Returns when everything of the manifest is served.</summary>
    public static async Task<ServingProcess> StartAsync(TransportKind transport, string manifest)
    {
        var serving = new ServingProcess(transport, manifest);
        try
        {
            await serving.ServesAsync();
            return serving;
        }
        catch
        {
            await serving.DisposeAsync();
            throw;
        }
    }

    /// <summary>Another process with the same arguments, when the first has ended.</summary>
    public async Task<Tool> StartAgainAsync()
    {
        var again = Tool.Start(Executable, _arguments);
        await ServesAsync();
        return again;
    }

    /// <summary>One Service on a NodePort, with a slice for each backend: they share addresses and not ports.</summary>
    public static string ServiceOf(string name, int nodePort, string scheduler, params IEnumerable<Backend> backends) =>
        ServiceOf(name, nodePort, scheduler, "TCP", "None", backends.Select(backend => backend.EndPoint));

    public static string ServiceOf(string name, int nodePort, string scheduler, string protocol, string affinity, IEnumerable<IPEndPoint> backends) => $"""
        apiVersion: v1
        kind: Service
        metadata:
          name: {name}
          namespace: default
          annotations:
            userproxy.io/scheduler: {scheduler}
        spec:
          type: NodePort
          sessionAffinity: {affinity}
          ports:
            - port: 80
              protocol: {protocol}
              nodePort: {nodePort}
        ---
        {string.Concat(backends.Select((backend, number) => SliceOf(name, number, protocol, backend)))}
        """;

    /// <summary>The exit code and what was printed of a command that asks this proxy.</summary>
    public Task<(int Code, string Out, string Error)> RunAsync(params string[] arguments) => RunOnAsync(AdminSocket, arguments);

    public static async Task<(int Code, string Out, string Error)> RunOnAsync(string adminSocket, params string[] arguments)
    {
        var start = new ProcessStartInfo(Executable, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["USERPROXY_ADMIN_SOCKET"] = adminSocket;
        using var process = System.Diagnostics.Process.Start(start)!;
        using var deadline = new CancellationTokenSource(Eventually.Patience);
        var error = process.StandardError.ReadToEndAsync(deadline.Token);
        string output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        return (process.ExitCode, output, await error);
    }

    public async Task<JsonElement> AskAsync(params string[] arguments)
    {
        var (code, output, error) = await RunAsync([.. arguments, "-o", "json"]);
        if (code != 0) throw new InvalidOperationException($"exit code {code}: {error}");
        using var json = JsonDocument.Parse(output);
        return json.RootElement.Clone();
    }

    public static Task<Peer> ConnectAsync(int port) => Peer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task ServesAsync()
    {
        // Not by the command: a process for each look would keep the one that is starting from the processor.
        using var admin = new AdminSocket(AdminSocket);
        await Eventually.IsTrue(admin.ServesAsync, "the proxy serves");
    }

    private static string SliceOf(string service, int number, string protocol, IPEndPoint backend) => $"""
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata:
          name: {service}-{number}
          namespace: default
          labels:
            kubernetes.io/service-name: {service}
        addressType: IPv4
        ports:
          - port: {backend.Port}
            protocol: {protocol}
        endpoints:
          - addresses: ["{backend.Address}"]
        ---

        """;
}
