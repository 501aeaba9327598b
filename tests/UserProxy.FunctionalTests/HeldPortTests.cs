using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Backends;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Syncing;
using UserProxy.Udp;

namespace UserProxy.FunctionalTests;

/// <summary>
/// A wildcard whose port somebody else has on one address, as kubectl port-forward --address does: the other addresses are served, and nobody is refused when it is whole again.
/// </summary>
[Collection(nameof(Alone))]
public sealed class HeldPortTests
{
    private static readonly IPAddress Held4 = IPAddress.Parse("127.0.43.9"), Other4 = IPAddress.Parse("127.0.43.10"), Held6 = IPAddress.Parse("fd00:43::9");

    /// <summary>Of the test's node; read by the proxy's own tasks.</summary>
    private volatile IReadOnlyList<IPAddress> _addresses = [IPAddress.Loopback, Other4, IPAddress.IPv6Loopback];

    private int _looks;

    public static TheoryData<TransportKind, bool> TransportsAndFamilies =>
        [.. from transport in new[] { TransportKind.Sockets, TransportKind.Epoll } from six in new[] { false, true } select (transport, six)];

    private NodeNetwork Node => new(() => _addresses, Find);

    [Theory]
    [MemberData(nameof(TransportsAndFamilies))]
    public async Task Tcp_HeldAtOneAddress_OthersAreServedAndItIsWholeWithoutARefusal(TransportKind transport, bool six)
    {
        SkipUnlessLinux();
        await using var echo = Backend.Echo();
        int port = FreePort.Next();
        using var holder = Hold(new IPEndPoint(six ? Held6 : Held4, port), SocketType.Stream);
        await using var proxy = await Proxy.StartAsync(transport, Node, Service.On(new IPEndPoint(six ? IPAddress.IPv6Any : IPAddress.Any, port)).To(echo));

        proxy.Listener.State.ShouldBe(ListenerState.Listening);
        foreach (var address in six ? [IPAddress.IPv6Loopback] : (IPAddress[])[IPAddress.Loopback, Other4]) await AskAsync(address, port);
        await Eventually.IsTrue(() => proxy.Listener.Reason?.Contains(HolderText(holder), StringComparison.Ordinal) is true, "the holder is named");

        int refused = 0;
        var asked = six ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        using var whole = new CancellationTokenSource();
        var clients = Task.Run(async () =>
        {
            while (!whole.IsCancellationRequested) if (await IsRefusedAsync(asked, port)) refused++;
        });
        holder.Dispose();
        await Eventually.IsTrue(() => proxy.Listener is { State: ListenerState.Listening, Reason: null }, "one socket has all addresses");
        await whole.CancelAsync();
        await clients;

        refused.ShouldBe(0);
        await AskAsync(asked, port);
        if (!six) await AskAsync(Held4, port);
    }

    [Fact]
    public async Task Udp_HeldAtOneAddress_OthersAreServedUntilItIsWhole()
    {
        SkipUnlessLinux();
        await using var named = DatagramBackend.Named("pod", DatagramBackend.OnLoopback());
        int port = FreePort.Next();
        using var holder = Hold(new IPEndPoint(Held4, port), SocketType.Dgram);
        await using var proxy = await Proxy.StartAsync(TransportKind.Sockets, Node, Service.On(new IPEndPoint(IPAddress.Any, port)).To(named));

        using (var client = Client(Other4, port)) await client.ShouldGetAsync("pod");
        await Eventually.IsTrue(() => proxy.Listener.Reason?.Contains(HolderText(holder), StringComparison.Ordinal) is true, "the holder is named");
        // Of UDP the kernel would let a wildcard in beside the parts, whoever else is there.
        int looks = Volatile.Read(ref _looks);
        await Eventually.IsTrue(() => Volatile.Read(ref _looks) >= looks + 2, "it is looked again whether the holder is there");
        proxy.Listener.Reason.ShouldNotBeNull();

        holder.Dispose();
        await Eventually.IsTrue(() => proxy.Listener is { State: ListenerState.Listening, Reason: null }, "one socket has all addresses");
        using (var client = Client(Other4, port)) await client.ShouldGetAsync("pod");
        using (var client = Client(Held4, port)) await client.ShouldGetAsync("pod");
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Tcp_AddressesComeAndGoMeanwhile_AreFollowed(TransportKind transport)
    {
        SkipUnlessLinux();
        await using var echo = Backend.Echo();
        int port = FreePort.Next();
        _addresses = [IPAddress.Loopback];
        using var holder = Hold(new IPEndPoint(Held4, port), SocketType.Stream);
        await using var proxy = await Proxy.StartAsync(transport, Node, Service.On(new IPEndPoint(IPAddress.Any, port)).To(echo));
        (await IsRefusedAsync(Other4, port)).ShouldBeTrue();

        _addresses = [IPAddress.Loopback, Other4];
        await Eventually.IsTrue(async () => !await IsRefusedAsync(Other4, port), "the new address is served");

        _addresses = [IPAddress.Loopback];
        await Eventually.IsTrue(() => IsRefusedAsync(Other4, port), "the address that went is let go of");
        await AskAsync(IPAddress.Loopback, port);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Tcp_NoEndpointWhileHeld_IsClosedEverywhereAndSpreadAgain(TransportKind transport)
    {
        SkipUnlessLinux();
        await using var echo = Backend.Echo();
        int port = FreePort.Next();
        var service = Service.On(new IPEndPoint(IPAddress.Any, port)).To(echo);
        using var holder = Hold(new IPEndPoint(Held4, port), SocketType.Stream);
        await using var proxy = await Proxy.StartAsync(transport, Node, service);
        await AskAsync(Other4, port);

        await proxy.UpdateAsync(service with { Endpoints = [] });
        proxy.Listener.State.ShouldBe(ListenerState.Refusing);
        (await IsRefusedAsync(Other4, port)).ShouldBeTrue();

        await proxy.UpdateAsync(service);
        await AskAsync(Other4, port);
    }

    /// <summary>A Pod in the host's network: its port has the number of the NodePort, and is no loop.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Tcp_HolderIsTheEndpoint_ServesTheOtherAddresses(TransportKind transport)
    {
        SkipUnlessLinux();
        int port = FreePort.Next();
        await using var holder = Backend.RunOn(Hold(new IPEndPoint(Held4, port), SocketType.Stream), Backend.EchoAsync);
        var service = Service.On(new IPEndPoint(IPAddress.Any, port)).To(holder);
        await using var proxy = await Proxy.StartAsync(transport, Node, service);

        foreach (var address in (IPAddress[])[IPAddress.Loopback, Other4]) await AskAsync(address, port);
        // Our own part beside it is one.
        await proxy.UpdateAsync(service with { Endpoints = [new Endpoint(Other4, port)] });
        (await IsRefusedAsync(IPAddress.Loopback, port)).ShouldBeFalse();
        await Eventually.IsTrue(() => proxy.Counters.ConnectFailures(ConnectOutcome.Loop) > 0, "it is refused as a loop");
    }

    [Fact]
    public async Task Udp_HolderIsTheEndpoint_ServesTheOtherAddresses()
    {
        SkipUnlessLinux();
        int port = FreePort.Next();
        await using var holder = DatagramBackend.Named("holder", Hold(new IPEndPoint(Held4, port), SocketType.Dgram));
        await using var proxy = await Proxy.StartAsync(TransportKind.Sockets, Node, Service.On(new IPEndPoint(IPAddress.Any, port)).To(holder));

        using (var client = Client(Other4, port)) await client.ShouldGetAsync("holder");
        using (var client = Client(IPAddress.Loopback, port)) await client.ShouldGetAsync("holder");
        proxy.Status.Udp!.Dropped(DatagramDrop.Loop).ShouldBe(0);
    }

    /// <summary>A number is ours in the family in which it is bound.</summary>
    [Theory]
    [MemberData(nameof(TransportsAndFamilies))]
    public async Task Tcp_NumberIsHeldInTheOtherFamily_IsAnEndpoint(TransportKind transport, bool six)
    {
        SkipUnlessLinux();
        int port = FreePort.Next();
        await using var echo = Backend.Echo();
        await using var other = Backend.RunOn(Hold(OtherFamily(port, six), SocketType.Stream), Backend.EchoAsync);
        var nodePort = Service.On(new IPEndPoint(six ? IPAddress.IPv6Any : IPAddress.Any, port)).To(echo);
        var behind = Service.OnFreePort().To(other);
        await using var proxy = await Proxy.StartAsync(transport, Node, nodePort, behind);

        await AskAsync(IPAddress.Loopback, behind.Address.Port);
        await AskAsync(six ? IPAddress.IPv6Loopback : IPAddress.Loopback, port);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Udp_NumberIsHeldInTheOtherFamily_IsAnEndpointAndAClient(bool six)
    {
        SkipUnlessLinux();
        int port = FreePort.Next();
        await using var pod = DatagramBackend.Named("pod", DatagramBackend.OnLoopback());
        var nodePort = Service.On(new IPEndPoint(six ? IPAddress.IPv6Any : IPAddress.Any, port)).To(pod);
        var behind = Service.OnFreePort().To(pod) with { Endpoints = [new Endpoint(OtherFamily(port, six).Address, port)] };
        var ofOther = Service.On(OtherFamily(FreePort.Next(), six)).To(pod);
        await using var proxy = await Proxy.StartAsync(TransportKind.Sockets, Node, nodePort, behind, ofOther);

        await using (DatagramBackend.Named("other", Hold(OtherFamily(port, six), SocketType.Dgram)))
        {
            using var client = Client(IPAddress.Loopback, behind.Address.Port);
            await client.ShouldGetAsync("other");
        }

        using var asking = DatagramClient.Connect(Hold(OtherFamily(port, six), SocketType.Dgram), ofOther.Address.Address, ofOther.Address.Port);
        await asking.ShouldGetAsync("pod");
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public async Task Tcp_HeldOnAllAddresses_FailsAndSaysByWhom(string wildcard)
    {
        SkipUnlessLinux();
        await using var echo = Backend.Echo();
        int port = FreePort.Next();
        using var holder = Hold(new IPEndPoint(IPAddress.Parse(wildcard), port), SocketType.Stream);
        await using var proxy = await Proxy.StartAsync(TransportKind.Sockets, Node, Service.On(new IPEndPoint(IPAddress.Any, port)).To(echo));

        proxy.Listener.State.ShouldBe(ListenerState.Failed);
        await Eventually.IsTrue(() => proxy.Listener.Reason is { } reason && reason.StartsWith("the port is taken by ", StringComparison.Ordinal) && reason.EndsWith(HolderText(holder), StringComparison.Ordinal), "the holder is named");
        holder.Dispose();
        await Eventually.IsTrue(() => proxy.Listener is { State: ListenerState.Listening, Reason: null }, "it is served");
    }

    private static void SkipUnlessLinux() => Assert.SkipUnless(OperatingSystem.IsLinux(), "SO_REUSEPORT and sock_diag are Linux's");

    /// <summary>On an address that need not be there; an IPv6 wildcard takes IPv4, too.</summary>
    private static Socket Hold(IPEndPoint endpoint, SocketType type)
    {
        var socket = new Socket(endpoint.AddressFamily, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
        if (endpoint.AddressFamily == AddressFamily.InterNetworkV6)
        {
            // IPV6_FREEBIND of linux/in6.h.
            socket.SetRawSocketOption(41, 78, BitConverter.GetBytes(1));
            socket.DualMode = endpoint.Address.Equals(IPAddress.IPv6Any);
        }

        socket.Bind(endpoint);
        if (type == SocketType.Stream) socket.Listen();
        return socket;
    }

    private static IPEndPoint OtherFamily(int port, bool six) => new(six ? IPAddress.Loopback : IPAddress.IPv6Loopback, port);

    private static string HolderText(Socket holder) => $"(pid {Environment.ProcessId}) at {holder.LocalEndPoint}";

    private static async Task AskAsync(IPAddress address, int port)
    {
        using var client = await Peer.ConnectAsync(new IPEndPoint(address, port));
        (await client.AskAsync("hello")).ShouldBe("hello");
    }

    private static async Task<bool> IsRefusedAsync(IPAddress address, int port)
    {
        try
        {
            using var client = await Peer.ConnectAsync(new IPEndPoint(address, port));
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }

    private static DatagramClient Client(IPAddress address, int port) =>
        DatagramClient.Connect(new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp), address, port);

    /// <summary>The holder is of this process, as the proxy is: nothing is taken for ours.</summary>
    private IReadOnlyList<BoundSocket> Find(IReadOnlySet<(TransportProtocol Protocol, int Port)> ports, bool withOwners)
    {
        if (!withOwners) Interlocked.Increment(ref _looks);
        return new PortOwners(ownPid: 0, name => name).Find(ports, withOwners);
    }
}
