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
/// A wildcard whose port somebody else has on one address, as kubectl port-forward --address does: the other addresses are served, and nobody is refused when
/// it is whole again.
/// </summary>
[Collection(nameof(Alone))]
public sealed class HeldPortTests
{
    private static readonly IPAddress Held4 = IPAddress.Parse("127.0.43.9"), Other4 = IPAddress.Parse("127.0.43.10"), Held6 = IPAddress.Parse("fd00:43::9");

    /// <summary>Of the test's node; read by the proxy's own tasks.</summary>
    private volatile IReadOnlyList<IPAddress> _addresses = [IPAddress.Loopback, Other4, IPAddress.IPv6Loopback];

    private int _looks;

    /// <summary>All but this is the proxy's own. Null: its sockets and the test's are of one process, and nothing is taken for ours.</summary>
    private EndPoint? _stranger;

    public static TheoryData<TransportKind, bool> TransportsAndFamilies => new(
        from transport in Enum.GetValues<TransportKind>()
        from six in new[] { false, true }
        select new TheoryDataRow<TransportKind, bool>(transport, six) { Skip = Transports.WhyNot(transport) });

    /// <summary>Looks and tries as a node does, and more often.</summary>
    private NodeNetwork Node => new(() => _addresses, Find) { LookEvery = TimeSpan.FromMilliseconds(100), LongestRetry = TimeSpan.FromMilliseconds(200) };

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
        await LookedAsync(2);
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

    /// <summary>Who waits in the queue of a part is served by it, while new clients come to the wildcard.</summary>
    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public async Task Tcp_WholeWhileAcceptingPauses_AllThatWaitAreServed(TransportKind transport)
    {
        SkipUnlessLinux();
        const int clients = 300;
        await using var echo = Backend.Echo();
        int port = FreePort.Next();
        using var holder = Hold(new IPEndPoint(Held4, port), SocketType.Stream);
        var options = new ProxyOptions { AllowLoopbackEndpoints = true, DrainTimeout = TimeSpan.Zero, DescriptorLimit = 300 };
        await using var proxy = await Proxy.StartAsync(transport, options, Node, Service.On(new IPEndPoint(IPAddress.Any, port)).To(echo));
        var waiting = new List<Peer>();
        for (int i = 0; i < clients; i++) waiting.Add(await Peer.ConnectAsync(new IPEndPoint(i % 2 == 0 ? IPAddress.Loopback : Other4, port)));
        await Eventually.IsTrue(() => proxy.AcceptPauses > 2, "accepting pauses");

        holder.Dispose();
        await Eventually.IsTrue(() => proxy.Listener is { State: ListenerState.Listening, Reason: null }, "one socket has all addresses");
        foreach (var address in (IPAddress[])[Held4, IPAddress.Loopback, Other4]) waiting.Add(await Peer.ConnectAsync(new IPEndPoint(address, port)));
        await LookedAsync(3);
        await Task.WhenAll(waiting.Select(async client =>
        {
            (await client.AskAsync("hello")).ShouldBe("hello");
            client.Dispose();
        })).WaitAsync(Eventually.Patience);

        proxy.Counters.Accepted.ShouldBe(clients + 3);
        await Eventually.IsTrue(() => proxy.HeldDescriptors == 1, "the parts are gone");
        await AskAsync(Held4, port);
        await AskAsync(IPAddress.Loopback, port);
    }

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public Task Tcp_AnotherJoinsAPart_IsNamedAndNotWholeBeforeItLeaves(TransportKind transport) => AnotherJoinsAPartAsync(transport, SocketType.Stream);

    [Fact]
    public Task Udp_AnotherJoinsAPart_IsNamedAndNotWholeBeforeItLeaves() => AnotherJoinsAPartAsync(TransportKind.Sockets, SocketType.Dgram);

    [Theory]
    [MemberData(nameof(Transports.All), MemberType = typeof(Transports))]
    public Task Tcp_HolderIsTheEndpoint_ComesBackAfterARestartAndWhenReplaced(TransportKind transport) =>
        ComesBackAsync(transport, Held4, Held4, SocketType.Stream);

    [Fact]
    public Task Tcp_HolderOfEverythingIsTheEndpoint_ComesBackAfterARestartAndWhenReplaced() =>
        ComesBackAsync(TransportKind.Sockets, IPAddress.Any, IPAddress.Loopback, SocketType.Stream);

    [Fact]
    public Task Tcp_HolderOfBothFamiliesIsTheEndpoint_ComesBackAfterARestartAndWhenReplaced() =>
        ComesBackAsync(TransportKind.Sockets, IPAddress.IPv6Any, IPAddress.Loopback, SocketType.Stream);

    [Theory]
    [InlineData("127.0.43.9", "127.0.43.9")]
    [InlineData("0.0.0.0", "127.0.0.1")]
    public Task Udp_HolderIsTheEndpoint_ComesBackAfterARestartAndWhenReplaced(string held, string endpoint) =>
        ComesBackAsync(TransportKind.Sockets, IPAddress.Parse(held), IPAddress.Parse(endpoint), SocketType.Dgram);

    /// <summary>The same number behind the same Service, and not on this node.</summary>
    [Fact]
    public async Task Tcp_EndpointElsewhereHasTheNumber_HolderIsAStranger()
    {
        SkipUnlessLinux();
        int port = FreePort.Next();
        using var holder = Hold(new IPEndPoint(IPAddress.Any, port), SocketType.Stream);
        var service = Service.On(new IPEndPoint(IPAddress.Any, port)) with { Endpoints = [new Endpoint(IPAddress.Parse("192.0.2.7"), port)] };
        await using var proxy = await Proxy.StartAsync(TransportKind.Sockets, Node, service);
        await Eventually.IsTrue(() => proxy.Listener.Reason?.EndsWith(HolderText(holder), StringComparison.Ordinal) is true, "the holder is named");

        holder.Dispose();

        await Eventually.IsTrue(() => proxy.Listener is { State: ListenerState.Listening, Reason: null }, "it is served");
    }

    [Fact]
    public async Task Tcp_HolderIsBoundWithoutListening_IsNamed()
    {
        SkipUnlessLinux();
        Assert.SkipUnless(Environment.OSVersion.Version >= new Version(6, 8), "older kernels do not list such sockets");
        using var holder = HoldWithoutListening();
        await IsNamedAsync(holder, $"{HolderText(holder)}, bound without listening");
    }

    /// <summary>The kernel gives ports to outgoing connections where NodePorts have theirs, if it is allowed to.</summary>
    [Fact]
    public async Task Tcp_HolderIsAnOutgoingConnection_IsNamed()
    {
        SkipUnlessLinux();
        await using var echo = Backend.Echo();
        using var holder = HoldWithoutListening();
        // Reset when it is closed: else it would keep the port for another minute (TIME_WAIT).
        holder.LingerState = new LingerOption(true, 0);
        await holder.ConnectAsync(echo.EndPoint, TestContext.Current.CancellationToken);
        await IsNamedAsync(holder, $"{HolderText(holder)}, connected to {echo.EndPoint}");
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
        await Eventually.IsTrue(
            () => proxy.Listener.Reason is { } reason && reason.StartsWith("the port is taken by ", StringComparison.Ordinal)
                && reason.EndsWith(HolderText(holder), StringComparison.Ordinal), "the holder is named");
        holder.Dispose();
        await Eventually.IsTrue(() => proxy.Listener is { State: ListenerState.Listening, Reason: null }, "it is served");
    }

    private async Task AnotherJoinsAPartAsync(TransportKind transport, SocketType type)
    {
        SkipUnlessLinux();
        await using var backend = type == SocketType.Stream ? Backend.Echo() : null;
        await using var datagrams = type == SocketType.Dgram ? DatagramBackend.Named("pod", DatagramBackend.OnLoopback()) : null;
        int port = FreePort.Next();
        var declared = Service.On(new IPEndPoint(IPAddress.Any, port));
        using var holder = Hold(new IPEndPoint(Held4, port), type);
        await using var proxy = await Proxy.StartAsync(transport, Node, backend is not null ? declared.To(backend) : declared.To(datagrams!));
        proxy.Listener.State.ShouldBe(ListenerState.Listening);

        using var joined = new Socket(AddressFamily.InterNetwork, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
        // SO_REUSEPORT of asm-generic/socket.h.
        joined.SetRawSocketOption(1, 15, BitConverter.GetBytes(1));
        joined.Bind(new IPEndPoint(Other4, port));
        if (type == SocketType.Stream) joined.Listen();
        holder.Dispose();

        await Eventually.IsTrue(
            () => proxy.Listener.Reason?.EndsWith($"the port is taken by {ProcessText} at {joined.LocalEndPoint}", StringComparison.Ordinal) is true,
            "who is left is named");
        await LookedAsync(2);
        proxy.Listener.Reason.ShouldNotBeNull();
        joined.Dispose();
        await Eventually.IsTrue(() => proxy.Listener is { State: ListenerState.Listening, Reason: null }, "one socket has all addresses");
    }

    /// <summary>A Pod in the host's network that listens on the number of the NodePort is away for a while.</summary>
    private async Task ComesBackAsync(TransportKind transport, IPAddress held, IPAddress endpoint, SocketType type)
    {
        SkipUnlessLinux();
        int port = FreePort.Next();
        var service = Service.On(new IPEndPoint(IPAddress.Any, port)) with
        {
            Protocol = type == SocketType.Stream ? TransportProtocol.Tcp : TransportProtocol.Udp,
            Endpoints = [new Endpoint(endpoint, port), new Endpoint(IPAddress.Parse("192.0.2.7"), port)],
        };
        using var holder = Hold(new IPEndPoint(held, port), type);
        await using var proxy = await Proxy.StartAsync(transport, Node, service);
        string left = $"endpoint {endpoint}:{port}, to which it is left";
        await Eventually.IsTrue(
            () => proxy.Listener.Reason?.EndsWith($"the port is taken by {HolderText(holder)}, which is {left}", StringComparison.Ordinal) is true,
            "the endpoint is named");

        holder.Dispose();
        await Eventually.IsTrue(
            () => proxy.Listener.Reason?.EndsWith($"the port is taken by {left}", StringComparison.Ordinal) is true, "the endpoint is seen to be away");
        await LookedAsync(2);
        var state = proxy.Listener.State;
        state.ShouldBe(held.Equals(endpoint) ? ListenerState.Listening : ListenerState.Failed);
        using var again = Hold(new IPEndPoint(held, port), type);
        await Eventually.IsTrue(() => proxy.Listener.Reason?.Contains(HolderText(again), StringComparison.Ordinal) is true, "the endpoint is back");
        again.Dispose();

        await proxy.UpdateAsync(service with { Endpoints = [.. service.Endpoints.Skip(1)] });
        await Eventually.IsTrue(() => proxy.Listener is { State: ListenerState.Listening, Reason: null }, "no endpoint has it any more");
        await proxy.UpdateAsync(service);
        await Eventually.IsTrue(
            () => proxy.Listener.Reason?.EndsWith($"the port is taken by {left}", StringComparison.Ordinal) is true, "it is left to the Pod that replaces it");
        proxy.Listener.State.ShouldBe(state);
        using var replaced = Hold(new IPEndPoint(held, port), type);
        await Eventually.IsTrue(() => proxy.Listener.Reason?.Contains(HolderText(replaced), StringComparison.Ordinal) is true, "the new Pod is there");
    }

    private async Task IsNamedAsync(Socket holder, string name)
    {
        await using var echo = Backend.Echo();
        _stranger = holder.LocalEndPoint!;
        int port = ((IPEndPoint)_stranger).Port;
        await using var proxy = await Proxy.StartAsync(TransportKind.Sockets, Node, Service.On(new IPEndPoint(IPAddress.Any, port)).To(echo));

        await Eventually.IsTrue(() => proxy.Listener.Reason?.EndsWith(name, StringComparison.Ordinal) is true, "the holder is named");
        await AskAsync(IPAddress.Loopback, port);
        holder.Dispose();
        await Eventually.IsTrue(() => proxy.Listener is { State: ListenerState.Listening, Reason: null }, "one socket has all addresses");
    }

    private async Task LookedAsync(int times)
    {
        int looks = Volatile.Read(ref _looks);
        await Eventually.IsTrue(() => Volatile.Read(ref _looks) >= looks + times, "it is looked again who has the port");
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

    private static Socket HoldWithoutListening()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(Held4, FreePort.Next()));
        // .NET's bind lets others have the number as long as nobody listens (SO_REUSEADDR), most programs do not.
        socket.SetRawSocketOption(1, 2, BitConverter.GetBytes(0));
        return socket;
    }

    private static string ProcessText { get; } = $"{File.ReadAllText("/proc/self/comm").TrimEnd('\n')} (pid {Environment.ProcessId})";

    private static IPEndPoint OtherFamily(int port, bool six) => new(six ? IPAddress.Loopback : IPAddress.IPv6Loopback, port);

    private static string HolderText(Socket holder) => $"{ProcessText} at {holder.LocalEndPoint}";

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

    private IReadOnlyList<BoundSocket> Find(IReadOnlySet<(TransportProtocol Protocol, int Port)> ports, bool withOwners)
    {
        if (!withOwners) Interlocked.Increment(ref _looks);
        if (_stranger is not { } stranger) return new PortOwners(ownPid: 0, name => name) { LongestWalk = Eventually.Patience }.Find(ports, withOwners);
        return [
            .. new PortOwners(Environment.ProcessId, name => name) { LongestWalk = Eventually.Patience }.Find(
                ports, withOwners).Select(socket => socket.Local.Equals(stranger) ? socket with { IsOurs = false } : socket)];
    }
}
