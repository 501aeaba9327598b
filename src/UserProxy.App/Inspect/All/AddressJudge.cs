using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Inspect.All;

/// <summary>
/// From the facts of one address to its item: the verdict is that of <see cref="Classifier"/>, as <c>inspect PORT</c> has it, and what is stuck follows from
/// all of its sockets and connections. Pure.
/// </summary>
internal sealed class AddressJudge(KnownPorts known, UserNames users)
{
    public const string NobodyAccepts = "NobodyAccepts", NobodyReads = "NobodyReads", OwnerStopped = "OwnerStopped", QueueFull = "QueueFull",
        GaveUp = "GaveUp", Unserved = "Unserved", NotClosed = "NotClosed", DescriptorsSpent = "DescriptorsSpent";

    /// <summary>Accepted connections in CLOSE_WAIT: fewer may be of clients that have just left; more than that nobody is about to close.</summary>
    private const int Many = 100, Some = 10;

    public ListeningItem Judge(ListeningAddress address)
    {
        var judgement = Classifier.Judge(address.Facts, known.ServedAt(address.Protocol, address.Local));
        List<ServiceAddressItem> services =
        [
            .. known.Of(address.Protocol, address.Local).Select(port => new ServiceAddressItem(port.Namespace, port.Name, port.PortName, port.Kind)).Distinct(),
        ];
        var sockets = address.Protocol == TransportProtocol.Tcp ? ListenerClassifier.Judge(address.Facts, new QueueFacts(address.Facts)) : [];
        return new ListeningItem
        {
            Protocol = address.Protocol == TransportProtocol.Tcp ? "TCP" : "UDP",
            Address = address.Local.Address.ToString(),
            Port = address.Local.Port,
            Verdict = InspectText.Name(judgement.Verdict),
            Certain = judgement.IsCertain,
            Summary = judgement.Summary,
            Findings = [.. Findings(address, judgement, sockets, services).Select(finding => new ReasonItem(finding.Reason, finding.Message))],
            Services = services,
            Sockets = [.. address.Sockets.Select(socket => ToItem(socket, address, sockets))],
            Connections = ToItem(address.Connections),
            Peers = [.. address.Peers.Select(ToItem)],
            PeerAddresses = address.PeerAddresses,
            PeersUncounted = address.PeersUncounted,
        };
    }

    public static ConnectionsItem ToItem(ConnectionCounts counts) => new()
    {
        Established = counts.Established,
        CloseWait = counts.CloseWait,
        Waiting = counts.Waiting,
        Abandoned = counts.Abandoned,
        Handshakes = counts.Handshakes,
        Closing = counts.Closing,
        UnreadBytes = counts.UnreadBytes,
    };

    public static ClientItem ToItem(PeerCount peer) => new(peer.Address.ToString(), peer.Connections, peer.CloseWait, peer.UnreadBytes);

    /// <summary>What is stuck; the worst first.</summary>
    private IEnumerable<(string Reason, string Message)> Findings(
        ListeningAddress address, Judgement judgement, List<ListenerJudgement> sockets, List<ServiceAddressItem> services)
    {
        var (counts, facts) = (address.Connections, address.Facts);
        var owners = address.Sockets.SelectMany(socket => facts.Owners.Of(socket.Inode)).DistinctBy(owner => owner.Pid).ToList();
        bool isStopped = owners.Count > 0 && owners.TrueForAll(owner => owner.IsStopped);
        if (isStopped) yield return (OwnerStopped, $"{string.Join(", ", owners.Select(Words.Name))} is stopped, and takes nothing");
        else if (judgement.Verdict == Verdict.Placeholder && address.Protocol == TransportProtocol.Udp)
            yield return (NobodyReads, $"{Words.Count(address.Sockets.Sum(socket => (long)socket.ReceiveQueue), "byte")} of datagrams wait, and nobody reads");
        else if (judgement.Verdict == Verdict.Placeholder) yield return (NobodyAccepts, Waiting(address, sockets));
        else if (judgement.Verdict == Verdict.Unserved) yield return (Unserved, "no endpoint behind it answers, and its clients get nothing");

        bool isFull = address.Protocol == TransportProtocol.Tcp && address.Sockets.Any(socket => socket.ReceiveQueue > socket.SendQueue);
        if (isFull && judgement.Verdict != Verdict.Placeholder)
            yield return (QueueFull, $"the accept queue is full ({string.Join(", ", address.Sockets.Select(Words.Queue))}): the kernel drops new clients");
        if (counts.Abandoned >= Some && judgement.Verdict == Verdict.Handled)
            yield return (GaveUp, $"{Words.Count(counts.Abandoned, "client")} gave up before anybody accepted");
        int held = counts.CloseWait - counts.Abandoned, well = counts.Established - (counts.Waiting - counts.Abandoned);
        if (held >= Many || (held >= Some && held > well))
            yield return (NotClosed, HeldOpen(held, owners.Exists(owner => owner.Pid == known.Pid) ? services : []));
        foreach (var owner in owners.Where(owner => owner.DescriptorLimit is { } limit && owner.Descriptors >= limit - (limit / 20)))
            yield return (DescriptorsSpent, $"{Words.Name(owner)} has {owner.Descriptors} of {owner.DescriptorLimit} descriptors open");
    }

    /// <summary>A proxy closes when the endpoint has: it is the endpoint that does not act.</summary>
    /// <param name="held">Accepted connections in CLOSE_WAIT.</param>
    /// <param name="services">That the address is for, where the running proxy has it; else none.</param>
    public static string HeldOpen(int held, IReadOnlyList<ServiceAddressItem> services) => $"{Words.Count(held, "accepted connection")} in CLOSE_WAIT: " + (
        services is [var first, ..]
            ? $"the clients have sent all, and the endpoints neither answer nor close: userproxy connections {first.Namespace}/{first.Name}"
            : "the clients have left, and the process does not close");

    /// <summary>Of sockets that share the address each is named: the kernel deals clients out to all of them.</summary>
    private static string Waiting(ListeningAddress address, List<ListenerJudgement> sockets)
    {
        var counts = address.Connections;
        string queue = string.Join(", ", address.Sockets.Select(Words.Queue));
        string clients = counts.Waiting == 0
            ? $"nobody accepts; queue {queue}"
            : $"nobody accepts, and {Words.Count(counts.Waiting, "client waits", "clients wait")} (queue {queue}); {counts.Abandoned} of them gave up "
                + $"(CLOSE_WAIT), with {counts.UnreadBytes} unread bytes in all";
        if (sockets.Count < 2) return clients;
        return $"{sockets.Count} sockets share it, and not all accept: {string.Join(" ", sockets.Select(socket => socket.Reason))}";
    }

    private SocketItem ToItem(SocketRow socket, ListeningAddress address, List<ListenerJudgement> sockets)
    {
        bool udp = address.Protocol == TransportProtocol.Udp;
        return new SocketItem
        {
            Inode = socket.Inode,
            Uid = socket.Uid,
            User = users.Of(socket.Uid),
            Queue = socket.ReceiveQueue,
            Backlog = udp ? null : socket.SendQueue,
            ReceiveBuffer = udp ? socket.ReceiveBuffer : null,
            Drops = udp ? socket.Drops : null,
            Accepts = sockets.Find(judged => judged.Listener.Inode == socket.Inode && judged.Listener.Local.Equals(socket.Local)).Accepts,
            Owners =
            [
                .. address.Facts.Owners.Of(socket.Inode).Select(owner => new OwnerItem(
                    owner.Pid, owner.Name, owner.Uid, users.Of(owner.Uid), owner.Descriptors, owner.DescriptorLimit, owner.IsStopped)),
            ],
        };
    }
}
