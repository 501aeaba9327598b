using System.Globalization;
using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Support;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.Linux.Tests.PortInspection;

/// <summary>All listening sockets at once: those of this process by the running kernel, and a hundred thousand of a file.</summary>
public sealed class NodeInspectorTests
{
    [Fact]
    public async Task Look_CountsWaitingAndAccepted_AndFindsTheOwner()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(7);
        using var taken = Connect(listener);
        using var accepted = listener.Accept();
        using var waiting = Connect(listener);
        using var left = Connect(listener);
        left.Send(new byte[251]);
        left.Shutdown(SocketShutdown.Send);

        var facts = await LookAsync();

        var address = facts.Listening.Single(item => item.Protocol == TransportProtocol.Tcp && item.Local.Equals(listener.LocalEndPoint));
        address.Connections.ShouldBe(new ConnectionCounts { Established = 2, CloseWait = 1, Waiting = 2, Abandoned = 1, UnreadBytes = 252 });
        address.Peers.ShouldHaveSingleItem().ShouldBe(new PeerCount(IPAddress.Loopback, 3, 1, 252));
        var socket = address.Sockets.ShouldHaveSingleItem();
        (socket.ReceiveQueue, socket.SendQueue).ShouldBe((2u, 7u));
        facts.Between.ShouldBeGreaterThan(TimeSpan.Zero);
        if (!facts.Unseen.Any(line => line.Contains("in time", StringComparison.Ordinal)))
            facts.Owners.Of(socket.Inode)[0].Pid.ShouldBe(Environment.ProcessId);
    }

    [Fact]
    public async Task Look_Udp_HasBoundSockets_AndNotThoseOfOnePeer()
    {
        using var bound = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        bound.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        client.Connect(bound.LocalEndPoint!);
        client.Send(new byte[100]);

        var facts = await LookAsync();

        var udp = facts.Listening.Where(item => item.Protocol == TransportProtocol.Udp).ToList();
        udp.Single(item => item.Local.Equals(bound.LocalEndPoint)).Sockets.Single().ReceiveQueue.ShouldBeGreaterThan(100u);
        udp.ShouldNotContain(item => item.Local.Equals(client.LocalEndPoint));
    }

    [Fact]
    public async Task Probe_ComesToOneThatAccepts()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepted = new List<Socket>();
        var accepting = Task.Run(async () =>
        {
            while (true) accepted.Add(await listener.AcceptSocketAsync());
        });
        var address = (await LookAsync()).Listening.Single(item => item.Protocol == TransportProtocol.Tcp && item.Local.Equals(listener.LocalEndpoint));

        // On a busy machine it may be accepted too late.
        await Eventually.IsTrue(
            async () => (await NodeInspector.ProbeAsync([address], TimeProvider.System, TestContext.Current.CancellationToken)).ShouldHaveSingleItem()
                .Facts.Probes.ShouldHaveSingleItem().AcceptedAfter is not null,
            "it is accepted");

        listener.Stop();
        await Should.ThrowAsync<Exception>(() => accepting, "it ends with the listener");
        accepted.ForEach(socket => socket.Dispose());
    }

    /// <summary>As the kernel looks up a listener: the address itself, then the wildcard of its family, then one that takes both.</summary>
    [Fact]
    public void Connections_AreThoseOfTheNearestListener()
    {
        using var files = new ProcFiles();
        files.WriteTcp(
            ProcFiles.Listener("00000000", 80, 1), ProcFiles.Listener("0100007F", 80, 2), ProcFiles.Listener("0100007F", 81, 3),
            ProcFiles.Connection("0100007F", 80, "0100007F", 40000, 0), ProcFiles.Connection("0200000A", 80, "0100000A", 40000, 0),
            ProcFiles.Connection("0200000A", 81, "0100000A", 40000, 7));

        var reading = files.Read();

        reading.ToAddresses(ProcFiles.Nothing).Select(address => $"{address.Local} {address.Connections.All}").ShouldBe(
            ["0.0.0.0:80 1", "127.0.0.1:80 1", "127.0.0.1:81 0"]);
        reading.WithoutListener.Established.ShouldBe(1);
    }

    /// <summary>Everything is counted, and what is kept does not grow with it.</summary>
    [Fact]
    public void HundredThousandConnections_AreCounted_AndOnlySamplesAreKept()
    {
        using var files = new ProcFiles();
        const int Ports = 50, OfEach = 2000;
        files.WriteTcp(
        [
            .. Enumerable.Range(0, Ports).Select(port => ProcFiles.Listener("00000000", 30000 + port, (ulong)port + 1)),
            .. from port in Enumerable.Range(0, Ports)
               from client in Enumerable.Range(0, OfEach)
               select ProcFiles.Connection("0200000A", 30000 + port, $"{client % 256:X2}{client / 256:X2}{port:X2}0B", 1024 + client, 0),
        ]);

        var reading = files.Read();
        var addresses = reading.ToAddresses(ProcFiles.Nothing);

        addresses.Count.ShouldBe(Ports);
        addresses.ShouldAllBe(address => address.Connections.Established == OfEach && address.Connections.Waiting == OfEach);
        addresses.ShouldAllBe(address => address.Facts.Before.Count <= 257 && address.Peers.Count == 10);
        addresses.Sum(address => address.PeerAddresses + address.PeersUncounted).ShouldBe(Ports * OfEach, "each has an address of its own");
        addresses.Sum(address => address.PeerAddresses).ShouldBeLessThanOrEqualTo(64 * 1024);
    }

    /// <summary>In a container without the host's processes nobody is hidden by rights, and yet nobody is seen.</summary>
    [Fact]
    public void OwnerOfAnotherPidNamespace_IsSaid()
    {
        using var files = new ProcFiles();
        files.WriteTcp(ProcFiles.Listener("00000000", 80, 71), ProcFiles.Listener("00000000", 81, 72), ProcFiles.Listener("00000000", 82, 73));
        using var table = SocketTable.Open("/nonexistent", netlink: false);
        var reading = files.Read();
        var owners = new SocketOwners();
        owners.Add(71, new SocketOwner(1, "known", 0, 1, null));

        NodeInspector.Unseen(table, reading, owners, reading.ToAddresses(ProcFiles.Nothing)).ShouldBe(
            ["owners: 2 sockets are of processes of another PID namespace: look from the host's"]);
    }

    [Fact]
    public void PeerCounter_WithoutRoom_CountsTheOthersTogether()
    {
        var counter = new PeerCounter(2, new PeerRoom(10));
        foreach (string client in (string[])["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.2", "10.0.0.4"])
            counter.Add(new SocketRow(SocketState.CloseWait, new IPEndPoint(IPAddress.Any, 1), new IPEndPoint(IPAddress.Parse(client), 2), 5, 0, 0, 0));

        counter.Top(10).ShouldBe([new PeerCount(IPAddress.Parse("10.0.0.2"), 2, 2, 10), new PeerCount(IPAddress.Parse("10.0.0.1"), 1, 1, 5)]);
        (counter.Addresses, counter.Others).ShouldBe((2, 2));
    }

    private static Task<NodeFacts> LookAsync() => NodeInspector.LookAsync(new NodeQuestion(), TimeProvider.System, TestContext.Current.CancellationToken);

    private static Socket Connect(Socket listener)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        return client;
    }

    /// <summary>A /proc/net of the test's own: addresses as its files have them.</summary>
    private sealed class ProcFiles : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("userproxy-proc-");

        public static PortFacts Nothing { get; } = new()
        {
            Question = new PortQuestion { Port = 0 },
            Before = [],
            After = [],
            Owners = new SocketOwners(),
        };

        public static string Listener(string address, int port, ulong inode) => Line(address, port, "00000000", 0, "0A", inode);

        public static string Connection(string address, int port, string client, int clientPort, ulong inode) =>
            Line(address, port, client, clientPort, "01", inode);

        public void WriteTcp(params IEnumerable<string> lines) => File.WriteAllLines(Path.Combine(_folder.FullName, "tcp"), lines);

        public NodeReading Read()
        {
            using var table = SocketTable.Open(_folder.FullName, netlink: false);
            var reading = new NodeReading();
            reading.ReadFirst(table);
            return reading;
        }

        public void Dispose() => _folder.Delete(recursive: true);

        private static string Line(string address, int port, string client, int clientPort, string state, ulong inode) => string.Create(
            CultureInfo.InvariantCulture,
            $"   0: {address}:{port:X4} {client}:{clientPort:X4} {state} 00000000:00000000 00:00000000 00000000     0        0 {inode} 1 0 20 4 0 10 -1");
    }
}
