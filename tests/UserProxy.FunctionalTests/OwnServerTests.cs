using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>Endpoints that are the process's own servers: metrics, health checks, a healthCheckNodePort.</summary>
[StartsProgram]
public sealed class OwnServerTests
{
    /// <summary>A NodePort would show the network what loopback alone may see, and its clients would take the places of the node's own.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task EndpointIsOwnServer_IsRefusedAndSaid(TransportKind transport)
    {
        int metrics = FreePort.Next(), health = FreePort.Next(), check = FreePort.Next();
        var services = new List<(string Name, int NodePort, IPEndPoint Endpoint)>
        {
            ("metrics", FreePort.Next(), new(IPAddress.Loopback, metrics)),
            ("health", FreePort.Next(), new(IPAddress.Loopback, health)),
            ("health6", FreePort.Next(), new(IPAddress.IPv6Loopback, health)),
            ("check", FreePort.Next(), new(IPAddress.Loopback, check)),
        };
        var folder = Directory.CreateTempSubdirectory("userproxy-own-");
        string log = Path.Combine(folder.FullName, "log"), manifest = Path.Combine(folder.FullName, "services.yaml");
        await File.WriteAllTextAsync(
            manifest,
            string.Concat(services.Select(service => Manifest(service.Name, service.NodePort, service.Endpoint))) + Checked(FreePort.Next(), check),
            TestContext.Current.CancellationToken);
        try
        {
            await using var process = Tool.Start("sh", "-c", string.Join(' ',
                $"exec {TestedProgram.Path} run --manifests {manifest} --node-name node-1 --node-port-addresses 127.0.0.0/8,::1/128",
                $"--transport {transport.Name()} --admin-socket {folder.FullName}/admin.sock --cluster-ips off --drain-timeout 0s",
                $"--healthz-bind-address 0.0.0.0:{health} --metrics-bind-address 127.0.0.1:{metrics} >{log} 2>&1"));
            foreach (var (_, _, server) in services) await Eventually.IsTrue(() => Answers(server), $"{server} answers");
            await Eventually.IsTrue(async () => (await Scrape.OfAsync(metrics)).Sum("userproxy_listeners") is 5, "all Services are served");

            foreach (var (name, nodePort, endpoint) in services) (await EndOfAsync(new IPEndPoint(endpoint.Address, nodePort))).ShouldBe(StreamEnd.Reset, name);

            Scrape? scrape = null;
            await Eventually.IsTrue(
                async () => (scrape = await Scrape.OfAsync(metrics)).Sum("userproxy_connections_closed_total", "reason=\"loop\"") is 4, "all have ended");
            foreach (var (name, _, _) in services)
                scrape!.Sum("userproxy_connect_failures_total", $"service=\"{name}\",port=\"t\",protocol=\"TCP\",reason=\"loop\"").ShouldBe(1);
            await Eventually.IsTrue(() => File.ReadAllText(log).Split("UserProxy.Proxier[116]").Length - 1 == 4, "it is said once for each Service");
            foreach (var (name, _, _) in services)
            {
                var (code, explained, error) = await ServingProcess.RunOnAsync(Path.Combine(folder.FullName, "admin.sock"), "explain", $"default/{name}");
                code.ShouldBe(1, error);
                explained.ShouldContain("never dialled: a listener of this proxy");
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The reset may come before connect(2) has returned.</summary>
    private static async Task<StreamEnd> EndOfAsync(IPEndPoint to)
    {
        try
        {
            using var client = await Peer.ConnectAsync(to);
            return (await client.ReceiveToEndAsync()).End;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return StreamEnd.Reset;
        }
    }

    private static bool Answers(IPEndPoint server)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(server);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string Manifest(string name, int nodePort, IPEndPoint endpoint)
    {
        string family = endpoint.AddressFamily == AddressFamily.InterNetwork ? "IPv4" : "IPv6";
        return $$$"""
            apiVersion: v1
            kind: Service
            metadata: {name: {{{name}}}, namespace: default}
            spec: {type: NodePort, ipFamilies: [{{{family}}}], ports: [{name: t, port: 80, nodePort: {{{nodePort}}}}]}
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: {{{name}}}-1, namespace: default, labels: {kubernetes.io/service-name: {{{name}}}}}
            addressType: {{{family}}}
            ports: [{name: t, port: {{{endpoint.Port}}}}]
            endpoints: [{addresses: ["{{{endpoint.Address}}}"]}]
            ---

            """;
    }

    /// <summary>A Service that load balancers check.</summary>
    private static string Checked(int nodePort, int check) => $$$"""
        apiVersion: v1
        kind: Service
        metadata: {name: checked, namespace: default}
        spec: {type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: {{{check}}}, ports: [{name: t, port: 80, nodePort: {{{nodePort}}}}]}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: checked-1, namespace: default, labels: {kubernetes.io/service-name: checked}}
        addressType: IPv4
        ports: [{name: t, port: 1}]
        endpoints: [{addresses: ["127.0.0.1"], nodeName: node-1}]
        ---

        """;
}
