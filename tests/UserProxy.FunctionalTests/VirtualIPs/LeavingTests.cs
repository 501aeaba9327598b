using System.Net;
using System.Net.Sockets;
using System.Text;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;

namespace UserProxy.FunctionalTests.VirtualIPs;

/// <summary>
/// A virtual IP that is declared no more, with a client still connected to it: what the connection has to say gets to the client, and the route goes after it.
/// </summary>
[StartsProgram]
public sealed class LeavingTests : IAsyncDisposable
{
    private const string First = "10.96.0.5", Other = "10.96.0.6", First6 = "fd96::5";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-leaving-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ServiceIsDeleted_ConnectionGoesOn_AndNewClientsAreRefused(TransportKind transport)
    {
        await using var link = await TestLink.CreateAsync();
        await using var echo = Backend.RunOn(link.Node.Listen(link.Node.Four, 8080), Backend.EchoAsync);
        Declare(link, First, "none");
        await using var run = Start(link, transport);
        using var client = await ServedAsync(link);

        Declare(link, Other, "none");

        await RoutesAreAsync(link, First, Other);
        (await link.Client.ConnectAsync(IPAddress.Parse(First), 80)).ShouldBe(SocketError.ConnectionRefused);
        await AskAsync(client);
        (await link.Node.NftAsync("list set inet userproxy v4")).ShouldContain(First);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task ServiceThatDrainsIsDeleted_ClientHearsTheReset(TransportKind transport)
    {
        await using var link = await TestLink.CreateAsync();
        await using var echo = Backend.RunOn(link.Node.Listen(link.Node.Four, 8080), Backend.EchoAsync);
        Declare(link, First, "3s");
        await using var run = Start(link, transport);
        using var client = await ServedAsync(link);

        Declare(link, Other, "3s");
        await RoutesAreAsync(link, First, Other);

        var end = await Should.ThrowAsync<SocketException>(() => client.ReceiveAsync(new byte[1], Cancellation).AsTask().WaitAsync(Eventually.Patience));
        end.SocketErrorCode.ShouldBe(SocketError.ConnectionReset);
    }

    /// <summary>Of both families; an address without connections goes at once, and one with connections when they have ended.</summary>
    [Theory]
    [InlineData(First, Other)]
    [InlineData(First6, "fd96::6")]
    public async Task Route_GoesWithTheLastConnection(string used, string unused)
    {
        await using var link = await TestLink.CreateAsync();
        var log = new Node.Lines();
        await using var ips = await Node.OpenAsync(link.Node, Node.Options(link.Node) with { RecheckInterval = TimeSpan.FromMilliseconds(50) }, log);
        await ips.ApplyAsync(Node.Addresses(used, unused), Cancellation);
        using var listener = link.Node.Listen(IPAddress.Parse(used), 80);
        using var client = await ConnectAsync(link, used);
        using var server = await listener.AcceptAsync(Cancellation);
        listener.Dispose();

        await ips.ApplyAsync(Node.Addresses(), Cancellation);
        (await link.Node.OurRoutesAsync()).ShouldBe([used]);
        log.Count($"1 addresses (first: {used}) are declared no more").ShouldBe(1);

        // The server has said all; the client has not.
        server.Shutdown(SocketShutdown.Send);
        (await client.ReceiveAsync(new byte[1], Cancellation).AsTask().WaitAsync(Eventually.Patience)).ShouldBe(0);
        await ips.ApplyAsync(Node.Addresses(), Cancellation);
        (await link.Node.OurRoutesAsync()).ShouldBe([used]);
        client.LingerState = new LingerOption(true, 0);
        client.Dispose();

        await RoutesAreAsync(link);
        log.Count("are declared no more").ShouldBe(1);
    }

    /// <summary>A client on the node has the virtual IP as its own address: if it never closes, the route goes all the same.</summary>
    [Fact]
    public async Task Route_DoesNotWaitForAClientOfTheNodeThatNeverCloses()
    {
        await using var link = await TestLink.CreateAsync();
        await using var ips = await Node.OpenAsync(link.Node, Node.Options(link.Node) with { RecheckInterval = TimeSpan.FromMilliseconds(50) });
        await ips.ApplyAsync(Node.Addresses(First), Cancellation);
        using var listener = link.Node.Listen(IPAddress.Parse(First), 80);
        using var client = link.Node.Inside(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await client.ConnectAsync(IPAddress.Parse(First), 80, Cancellation);
        using var server = await listener.AcceptAsync(Cancellation);
        await ips.ApplyAsync(Node.Addresses(), Cancellation);
        (await link.Node.OurRoutesAsync()).ShouldBe([First]);

        // As an orphan it does not outlive the kernel's own patience; a second is enough here.
        server.SetRawSocketOption(6, 8, BitConverter.GetBytes(1)); // TCP_LINGER2
        server.Close();

        await RoutesAreAsync(link);
    }

    private void Declare(TestLink link, string address, string drain)
    {
        // The name goes with the address: one Service is deleted, and another declared.
        string name = $"web-{address.Replace('.', '-')}";
        string file = Path.Combine(_folder.FullName, "new");
        File.WriteAllText(file, $$$"""
            kind: Service
            apiVersion: v1
            metadata: {name: {{{name}}}, namespace: demo, annotations: {userproxy.io/drain: "{{{drain}}}"}}
            spec: {clusterIP: {{{address}}}, ports: [{port: 80}]}
            ---
            kind: EndpointSlice
            apiVersion: discovery.k8s.io/v1
            metadata: {name: {{{name}}}-1, namespace: demo, labels: {kubernetes.io/service-name: {{{name}}}}}
            addressType: IPv4
            ports: [{port: 8080}]
            endpoints: [{addresses: ["{{{link.Node.Four}}}"]}]
            """);
        File.Move(file, Path.Combine(_folder.FullName, "web.yaml"), overwrite: true);
    }

    private Tool Start(TestLink link, TransportKind transport) => Tool.Start(
        "ip", [
            "netns", "exec", link.Node.Name, TestedProgram.Path, "run", "--manifests", _folder.FullName, "--cluster-ips", "on", "--admin-socket",
            Path.Combine(_folder.FullName, "admin.sock"), "--metrics-bind-address", "off", "--healthz-bind-address", "off", "--transport", transport.Name(),
        ]);

    private static Task<TimeSpan> RoutesAreAsync(TestLink link, params string[] addresses) => Eventually.IsTrue(
        async () => (await link.Node.OurRoutesAsync()).ToHashSet().SetEquals(addresses), $"local are: {string.Join(", ", addresses)}");

    /// <summary>A connection that goes on, at the first address.</summary>
    private static async Task<Socket> ServedAsync(TestLink link)
    {
        await RoutesAreAsync(link, First);
        var client = await ConnectAsync(link, First);
        await AskAsync(client);
        return client;
    }

    private static async Task<Socket> ConnectAsync(TestLink link, string address)
    {
        var to = IPAddress.Parse(address);
        var client = link.Client.Inside(() => new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        await client.ConnectAsync(to, 80, Cancellation).AsTask().WaitAsync(Eventually.Patience);
        return client;
    }

    private static async Task AskAsync(Socket client)
    {
        await client.SendAsync("hello"u8.ToArray(), Cancellation);
        byte[] answer = new byte[5];
        for (int read = 0; read < answer.Length;)
        {
            int count = await client.ReceiveAsync(answer.AsMemory(read), Cancellation).AsTask().WaitAsync(Eventually.Patience);
            count.ShouldBePositive();
            read += count;
        }

        Encoding.ASCII.GetString(answer).ShouldBe("hello");
    }
}
