using System.Net;
using UserProxy.Model;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// The sockets of a network namespace, sorted by the address that is listened on: listeners first, then each connection as the kernel tells of it, counted and
/// forgotten. What is kept is bounded, however many there are: a sample of the connections of each listener, and addresses of clients. One reader at a time;
/// made by <see cref="NodeInspector"/>.
/// </summary>
internal sealed class NodeReading
{
    private const int MostPeers = 10, MostPeersOfOne = 4096, MostPeersOfAll = 64 * 1024;

    private readonly Dictionary<(TransportProtocol Protocol, IPEndPoint Local), Group> _groups = [];

    /// <summary>Of TCP, by port: what takes connections to any address. Ten thousand ClusterIPs may have one port.</summary>
    private readonly Dictionary<int, List<Group>> _wildcards = [];

    private readonly PeerCounter _peers;
    private readonly PeerRoom _room = new(MostPeersOfAll);
    private readonly SampleRoom _sampleRoom = new();

    public NodeReading() => _peers = new PeerCounter(MostPeersOfAll / 4, _room);

    public ConnectionCounts WithoutListener { get; private set; }

    public IReadOnlyList<PeerCount> Peers => _peers.Top(MostPeers);

    public int PeersUncounted => _peers.Others;

    /// <summary>The kernel's answer broke off: there are more connections than were counted.</summary>
    public bool IsCutOff { get; private set; }

    /// <summary>Something waits, and only another reading shows for how long.</summary>
    public bool IsWorthASecondLook => _groups.Values.Any(group => group.Waits);

    public void ReadFirst(SocketTable table)
    {
        foreach (var protocol in (TransportProtocol[])[TransportProtocol.Tcp, TransportProtocol.Udp])
        {
            // One UDP socket that is connected takes datagrams of one peer alone.
            foreach (var row in table.TakingClients(protocol).Where(row => protocol == TransportProtocol.Tcp || row.State == SocketState.Closed))
                GroupOf(protocol, row.Local).Before.Add(row);
        }

        IsCutOff |= !table.VisitConnections(row =>
        {
            if (ListenerOf(row.Local) is not { } group)
            {
                WithoutListener = WithoutListener.And(row);
                return;
            }

            group.Counts = group.Counts.And(row);
            group.Peers.Add(row);
            _peers.Add(row);
            group.Sample(row, _sampleRoom);
        });
    }

    /// <summary>Again, of what waited: the same sockets and the same connections.</summary>
    public void ReadAgain(SocketTable table)
    {
        var waiting = _groups.Values.Where(group => group.Waits).ToList();
        foreach (var protocol in waiting.Select(group => group.Protocol).Distinct().ToList())
        {
            var rows = table.TakingClients(protocol).ToLookup(row => row.Local);
            foreach (var group in waiting.Where(group => group.Protocol == protocol))
                group.After = [.. rows[group.Local].Where(row => protocol == TransportProtocol.Tcp || row.State == SocketState.Closed)];
        }

        var samples = new Dictionary<(IPEndPoint, IPEndPoint), Group>();
        foreach (var group in waiting)
        {
            foreach (var row in group.Connections) samples[(row.Local, row.Remote)] = group;
        }

        if (samples.Count == 0) return;
        IsCutOff |= !table.VisitConnections(row =>
        {
            if (samples.TryGetValue((row.Local, row.Remote), out var group)) group.After!.Add(row);
        });
    }

    /// <summary>Of every listening socket, and of the connections in the samples that a process has.</summary>
    public HashSet<ulong> Inodes() =>
        [.. _groups.Values.SelectMany(group => group.Before.Concat(group.Connections)).Select(row => row.Inode).Where(inode => inode != 0)];

    /// <param name="facts">What is the same for all: its lists of sockets are replaced.</param>
    public IReadOnlyList<ListeningAddress> ToAddresses(PortFacts facts) =>
    [
        .. from @group in _groups.Values
           orderby @group.Protocol, @group.Local.Port, @group.Local.Address.ToString()
           let before = (IReadOnlyList<SocketRow>)[.. @group.Before, .. @group.Connections]
           select new ListeningAddress
           {
               Protocol = @group.Protocol,
               Local = @group.Local,
               Connections = @group.Counts,
               Peers = @group.Peers.Top(MostPeers),
               PeerAddresses = @group.Peers.Addresses,
               PeersUncounted = @group.Peers.Others,
               Facts = facts with
               {
                   Question = facts.Question with { Port = @group.Local.Port, Protocol = @group.Protocol },
                   Before = before,
                   After = @group.After ?? before,
               },
           },
    ];

    private Group GroupOf(TransportProtocol protocol, IPEndPoint local)
    {
        if (_groups.TryGetValue((protocol, local), out var found)) return found;
        _groups[(protocol, local)] = found = new Group(protocol, local, new PeerCounter(MostPeersOfOne, _room));
        if (protocol == TransportProtocol.Tcp && local.Address.IsWildcard())
        {
            if (!_wildcards.TryGetValue(local.Port, out var ofPort)) _wildcards[local.Port] = ofPort = [];
            ofPort.Add(found);
        }

        return found;
    }

    /// <summary>As the kernel looks one up: the address itself, then the wildcard of its family, then one of IPv6 that takes both.</summary>
    private Group? ListenerOf(IPEndPoint local)
    {
        if (_groups.TryGetValue((TransportProtocol.Tcp, local), out var exact)) return exact;
        if (!_wildcards.TryGetValue(local.Port, out var ofPort)) return null;
        return ofPort.Find(group => group.Local.AddressFamily == local.AddressFamily)
            ?? ofPort.Find(group => group.Before.Exists(listener => listener.Takes(local.Address)));
    }

    /// <summary>One address that is listened on.</summary>
    private sealed class Group(TransportProtocol protocol, IPEndPoint local, PeerCounter peers)
    {
        /// <summary>Connections of one kind that are kept to be looked at: enough to tell one that moves from one that does not.</summary>
        private const int MostOfOneKind = 256, MostWell = 8;

        private int _waiting, _held, _well;

        public TransportProtocol Protocol => protocol;

        public IPEndPoint Local => local;

        public PeerCounter Peers => peers;

        public ConnectionCounts Counts { get; set; }

        public List<SocketRow> Before { get; } = [];

        public List<SocketRow> Connections { get; } = [];

        /// <summary>Sockets and connections at the second reading; null without one.</summary>
        public List<SocketRow>? After { get; set; }

        public bool Waits => Counts.Waiting > 0 || Before.Exists(socket => socket.ReceiveQueue > 0);

        public void Sample(in SocketRow row, SampleRoom room)
        {
            bool isHeld = row.IsOwned && (row.State == SocketState.CloseWait || row.ReceiveQueue > 0);
            bool isWanted = row.IsUnaccepted ? _waiting < MostOfOneKind : isHeld ? _held < MostOfOneKind : row.IsOwned && _well < MostWell;
            if (!isWanted || !room.TryTake()) return;
            Connections.Add(row);
            if (row.IsUnaccepted) _waiting++;
            else if (isHeld) _held++;
            else _well++;
        }
    }

    /// <summary>How many connections all samples hold together.</summary>
    private sealed class SampleRoom
    {
        private int _left = 32 * 1024;

        public bool TryTake() => _left-- > 0;
    }
}
