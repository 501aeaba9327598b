using System.Globalization;
using System.Net;
using UserProxy.FunctionalTests.Backends;

namespace UserProxy.FunctionalTests.Support;

/// <summary>The executable itself, <c>userproxy run</c> on a manifest, as a child process.</summary>
internal sealed class RunningProxy : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-functional-");
    private readonly string[] _arguments;

    private RunningProxy(TransportKind transport, Backend backend, TimeSpan drainTimeout, string[] prefix)
    {
        Port = FreePort.Next();
        string manifest = Path.Combine(_folder.FullName, "service.yaml");
        File.WriteAllText(manifest, Manifest(Port, backend.EndPoint.Port));
        _arguments =
        [
            .. prefix,
            TestedProgram.Path,
            "run",
            "--manifests", manifest,
            "--node-port-addresses", "127.0.0.0/8",
            "--transport", transport.Name(),
            "--admin-socket", AdminSocket,
            "--cluster-ips", "off",
            "--healthz-bind-address", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{HealthPort}"),
            "--metrics-bind-address", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{MetricsPort}"),
            "--drain-timeout", string.Create(CultureInfo.InvariantCulture, $"{drainTimeout.TotalSeconds}s"),
        ];
        Process = StartAgain();
    }

    public int Port { get; }

    public int MetricsPort { get; } = FreePort.Next();

    public int HealthPort { get; } = FreePort.Next();

    public string AdminSocket => Path.Combine(_folder.FullName, "admin.sock");

    public Tool Process { get; }

    /// <summary><paramref name="prefix"/> is a program that sets something up and becomes the proxy: prlimit(1) with its options.</summary>
    public static RunningProxy Start(TransportKind transport, Backend backend, TimeSpan drainTimeout, params string[] prefix) =>
        new(transport, backend, drainTimeout, prefix);

    /// <summary>A second process with the same arguments, and some more.</summary>
    public Tool StartAgain(params string[] more) => Tool.Start(_arguments[0], [.. _arguments[1..], .. more]);

    public Task<TimeSpan> ListensAsync() =>
        Eventually.IsTrue(() => KernelTable.Count(Port, TcpSocketState.Listen) > 0, "the proxy listens");

    public Task<Peer> ConnectAsync() => Peer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Port));

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static string Manifest(int nodePort, int backendPort) => $"""
        apiVersion: v1
        kind: Service
        metadata:
          name: echo
          namespace: default
        spec:
          type: NodePort
          ports:
            - port: 80
              nodePort: {nodePort}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata:
          name: echo-1
          namespace: default
          labels:
            kubernetes.io/service-name: echo
        addressType: IPv4
        ports:
          - port: {backendPort}
        endpoints:
          - addresses: ["127.0.0.1"]

        """;
}
