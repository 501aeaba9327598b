using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace UserProxy.FunctionalTests.Support;

/// <summary>
/// The executable inside a <see cref="TestHost"/>, with one Service for each family whose only endpoint is a given address, on a port that both TCP and UDP
/// have.
/// </summary>
internal sealed class LoopingNode : IAsyncDisposable
{
    private const int MetricsPort = 10249;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-loop-");
    private readonly TestHost _host;
    private readonly Tool _process;

    private LoopingNode(TransportKind transport, TestHost host, string manifest)
    {
        _host = host;
        string path = Path.Combine(_folder.FullName, "services.yaml");
        File.WriteAllText(path, manifest);
        _process = Tool.Start("sh", "-c", string.Join(' ',
            $"exec ip netns exec {host.Name} {TestedProgram.Path} run --manifests {path} --node-name {host.Name}",
            $"--transport {transport.Name()} --admin-socket {_folder.FullName}/admin.sock --cluster-ips off",
            $"--healthz-bind-address off --metrics-bind-address 127.0.0.1:{MetricsPort} --drain-timeout 0s >{LogPath} 2>&1"));
    }

    public int Descriptors => Directory.GetFileSystemEntries(string.Create(CultureInfo.InvariantCulture, $"/proc/{_process.Id}/fd")).Length;

    public string Log => File.ReadAllText(LogPath);

    private string LogPath => Path.Combine(_folder.FullName, "log");

    /// <summary>Returns when both Services are served.</summary>
    public static async Task<LoopingNode> StartAsync(TransportKind transport, TestHost host, int nodePort, IPAddress four, IPAddress six, int endpointPort)
    {
        var node = new LoopingNode(
            transport, host, Manifest("four", "IPv4", nodePort, four, endpointPort) + Manifest("six", "IPv6", nodePort + 1, six, endpointPort + 1));
        try
        {
            await Eventually.IsTrue(
                async () =>
                {
                    try
                    {
                        return (await node.ScrapeAsync()).Sum("userproxy_listeners") is 4;
                    }
                    catch (HttpRequestException)
                    {
                        return false;
                    }
                },
                "both families and protocols are served");
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    public Task<Scrape> ScrapeAsync() => Scrape.OfAsync(_host, MetricsPort);

    /// <summary>One connection from the node itself, to its end.</summary>
    public async Task<StreamEnd> ConnectAsync(IPEndPoint to)
    {
        using var peer = new Peer(_host.Inside(() => new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp)));
        try
        {
            await peer.Socket.ConnectAsync(to, TestContext.Current.CancellationToken);
            return (await peer.ReceiveToEndAsync()).End;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return StreamEnd.Reset;
        }
    }

    /// <summary>One datagram from the node itself.</summary>
    public void Send(IPEndPoint to)
    {
        using var socket = _host.Inside(() => new Socket(to.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        socket.SendTo("once"u8, to);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static string Manifest(string name, string family, int nodePort, IPAddress endpoint, int endpointPort) => $$$"""
        apiVersion: v1
        kind: Service
        metadata: {name: {{{name}}}, namespace: default}
        spec: {type: NodePort, ipFamilies: [{{{family}}}], ports: [{name: t, port: 80, nodePort: {{{nodePort}}}}, {name: u, port: 80, protocol: UDP, nodePort: {{{nodePort}}}}]}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: {{{name}}}-1, namespace: default, labels: {kubernetes.io/service-name: {{{name}}}}}
        addressType: {{{family}}}
        ports: [{name: t, port: {{{endpointPort}}}, protocol: TCP}, {name: u, port: {{{endpointPort}}}, protocol: UDP}]
        endpoints: [{addresses: ["{{{endpoint}}}"]}]
        ---

        """;
}
