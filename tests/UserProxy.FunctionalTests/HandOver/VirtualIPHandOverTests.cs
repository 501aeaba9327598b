using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.HandOver;

/// <summary>Routes and guard stay as they are, and have one owner: the successor, who takes them back at its end.</summary>
[StartsProgram]
public sealed class VirtualIPHandOverTests : IAsyncDisposable
{
    private const string ClusterIP = "10.96.0.5";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-handover-");

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task HandOvers_UnderLoad_ClusterIPIsServedThroughout(TransportKind transport)
    {
        await using var link = await TestLink.CreateAsync();
        await using var echo = Backend.RunOn(link.Node.Listen(link.Node.Four, 8080), Backend.EchoAsync);
        await using var named = DatagramBackend.Named("pod", link.Node.Datagrams(link.Node.Four, 8053));
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "web.yaml"), Manifest(link.Node.Four));
        var first = Start(link, transport, 0);
        await using var firstProcess = first.Process;
        await first.ServesAsync();
        await Eventually.IsTrue(async () => (await link.Node.OurRoutesAsync()).SequenceEqual([ClusterIP]), "the route is there");
        string monitor = Path.Combine(_folder.FullName, "monitor");
        await using var watch = Tool.Start("sh", "-c", $"exec ip -n {link.Node.Name} monitor route >{monitor} 2>&1");
        await using var connections = SteadyLoad.OfConnections(
            new IPEndPoint(IPAddress.Parse(ClusterIP), 80), clients: 2,
            () => link.Client.Inside(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)));
        await using var datagrams = SteadyLoad.OfDatagrams(
            new IPEndPoint(IPAddress.Parse(ClusterIP), 53), "pod", clients: 2, () => link.Client.Datagrams(IPAddress.Any, 0));

        var old = first;
        for (int i = 1; i <= 2; i++)
        {
            await Task.WhenAll(connections.GoesOnAsync(20), datagrams.GoesOnAsync(20));
            var next = Start(link, transport, i);
            await next.TookOverAsync();
            await Task.WhenAll(connections.GoesOnAsync(20), datagrams.GoesOnAsync(20));
            await old.EndsWellAsync();
            old = next;
        }

        await using var last = old.Process;
        await connections.StopAsync();
        await datagrams.StopAsync();
        connections.Failures.ShouldBeEmpty();
        datagrams.Failures.ShouldBeEmpty();
        (await link.Node.OurRoutesAsync()).ShouldBe([ClusterIP]);
        (await link.Node.NftAsync("list set inet userproxy v4")).ShouldContain(ClusterIP);
        File.ReadAllText(monitor).ShouldNotContain("Deleted");

        await last.SignalAsync("TERM");
        (await last.ExitCodeAsync()).ShouldBe(0, old.Log);
        (await link.Node.OurRoutesAsync()).ShouldBeEmpty();
    }

    private HandOverRun Start(TestLink link, TransportKind transport, int number)
    {
        string log = Path.Combine(_folder.FullName, $"log-{number}");
        return new HandOverRun(
            Tool.Start(
                "sh", "-c",
                $"exec ip netns exec {link.Node.Name} {TestedProgram.Path} run --manifests {_folder.FullName}/web.yaml --cluster-ips on "
                    + $"--admin-socket {_folder.FullName}/admin.sock --metrics-bind-address off --healthz-bind-address off --transport {transport.Name()} "
                    + $"--threads 2 >{log} 2>&1"),
            log);
    }

    private static string Manifest(IPAddress endpoint) => $$$"""
        kind: Service
        apiVersion: v1
        metadata: {name: web, namespace: demo}
        spec: {clusterIP: {{{ClusterIP}}}, ports: [{name: t, port: 80}, {name: u, port: 53, protocol: UDP}]}
        ---
        kind: EndpointSlice
        apiVersion: discovery.k8s.io/v1
        metadata: {name: web-1, namespace: demo, labels: {kubernetes.io/service-name: web}}
        addressType: IPv4
        ports: [{name: t, port: 8080}, {name: u, port: 8053, protocol: UDP}]
        endpoints: [{addresses: ["{{{endpoint}}}"]}]
        """;
}
