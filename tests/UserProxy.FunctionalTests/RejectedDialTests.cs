using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests;

/// <summary>A rule of the node rejects what is sent to an endpoint: its ICMP error comes while connect(2) is still in the kernel.</summary>
[StartsProgram]
public sealed class RejectedDialTests : IDisposable
{
    private const int NodePort = 30080;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-rejected-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task OneOfTwoIsRejectedByARule_IsAFailedDial_AndTheOtherServesEveryClient(TransportKind transport)
    {
        await using var link = await TestLink.CreateAsync();
        await using var good = Backend.RunOn(link.Client.Listen(link.Client.Four, 8080), Backend.EchoAsync);
        await using var rejected = Backend.RunOn(link.Node.Listen(link.Node.Four, 8081), Backend.EchoAsync);
        await link.Node.NftAsync("add table inet f");
        await link.Node.NftAsync("add chain inet f out { type filter hook output priority 0 ; }");
        await link.Node.NftAsync("add rule inet f out tcp dport 8081 reject");
        string manifest = Path.Combine(_folder.FullName, "web.yaml"), admin = Path.Combine(_folder.FullName, "admin.sock");
        await File.WriteAllTextAsync(manifest, ServingProcess.ServiceOf("web", NodePort, "rr", good, rejected));
        await using var process = Tool.Start(
            "ip", "netns", "exec", link.Node.Name, TestedProgram.Path, "run", "--manifests", manifest, "--cluster-ips", "off", "--admin-socket", admin,
            "--metrics-bind-address", "off", "--healthz-bind-address", "off", "--drain-timeout", "0s", "--transport", transport.Name());
        await Eventually.IsTrue(async () => await link.Client.ConnectAsync(link.Node.Four, NodePort) == SocketError.Success, "the NodePort is served");

        for (int i = 0; i < 6; i++) await AskAsync(link);

        // A list that comes after its time is over shows it among the others; the next who come to it put it aside for longer.
        await Eventually.IsTrue(
            async () =>
            {
                for (int i = 0; i < 2; i++) await AskAsync(link);
                var (_, listed, _) = await ServingProcess.RunOnAsync(admin, "list", "--stats");
                return listed.Split('\n').Single(line => line.Contains("192.0.2.1:8081", StringComparison.Ordinal)).Contains("aside", StringComparison.Ordinal);
            },
            "it is put aside");
    }

    private static async Task AskAsync(TestLink link)
    {
        using var client = new Peer(link.Client.Inside(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)));
        await client.Socket.ConnectAsync(new IPEndPoint(link.Node.Four, NodePort));
        (await client.AskAsync("hello")).ShouldBe("hello");
    }
}
