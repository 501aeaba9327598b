using System.Text.Json.Serialization;

namespace UserProxy.App.Inspect.All;

/// <summary>
/// What <c>inspect --all</c> has found, whole: printed as text, written as JSON, kept for <c>--diff</c> and put into <c>sysdump</c>. Fields are added, never
/// taken away nor renamed. Those that a file of another version may lack are not required; the generated reader makes them null, and the getters nothing.
/// </summary>
internal sealed record NodeReport
{
    public const string KindName = "NodeInspection";

    public required string ApiVersion { get; init; }

    /// <summary><see cref="KindName"/>: what tells a file of this from one of another command.</summary>
    public required string Kind { get; init; }

    public required string Node { get; init; }

    public required DateTimeOffset ReadAt { get; init; }

    /// <summary>What is stuck or unserved, one for each reason and owner; the worst first.</summary>
    public required IReadOnlyList<NodeFinding> Findings { get; init; }

    /// <summary>Every address and port that is listened on or bound; those with findings first.</summary>
    public required IReadOnlyList<ListeningItem> Listening { get; init; }

    public required SumsItem Sums { get; init; }

    /// <summary>The client addresses with the most connections to listeners of this node.</summary>
    public IReadOnlyList<ClientItem> Clients { get => field ?? []; init; } = [];

    /// <summary>Connections of addresses that were too many to be counted one by one.</summary>
    public int ClientsUncounted { get; init; }

    /// <summary>Connections from ports at which nobody listens.</summary>
    public ConnectionsItem WithoutListener { get => field ?? new(); init; } = new();

    public IReadOnlyList<CounterItem> Counters { get => field ?? []; init; } = [];

    public IReadOnlyList<SettingItem> Settings { get => field ?? []; init; } = [];

    /// <summary>Null without <c>--diff</c>.</summary>
    public ChangesItem? Changes { get; init; }

    /// <summary>Where the names of Services are from; null when nobody was there to ask.</summary>
    public string? ServicesFrom { get; init; }

    /// <summary>What could not be looked at, and why.</summary>
    public IReadOnlyList<string> Unseen { get => field ?? []; init; } = [];

    /// <summary>Where the sockets were read.</summary>
    public string Source { get => field ?? ""; init; } = "";

    /// <summary>The sockets could not be read at all.</summary>
    public bool Unreadable { get; init; }

    public double ElapsedMilliseconds { get; init; }
}

/// <summary>Something that is stuck or unserved, at one address or at several of one owner.</summary>
/// <param name="Reason">A CamelCase word for programs: docs/inspect.md lists them.</param>
/// <param name="Message">In words.</param>
/// <param name="Addresses">Where: <c>TCP 0.0.0.0:30080</c>.</param>
internal sealed record NodeFinding(string Reason, string Message, IReadOnlyList<string> Addresses);

/// <summary>One address and port, whatever number of sockets share it.</summary>
internal sealed record ListeningItem
{
    /// <summary><c>TCP</c> or <c>UDP</c>.</summary>
    public required string Protocol { get; init; }

    public required string Address { get; init; }

    public required int Port { get; init; }

    /// <summary>As <c>inspect PORT</c> would say.</summary>
    public required string Verdict { get; init; }

    public required bool Certain { get; init; }

    /// <summary>The verdict in a few words.</summary>
    public string Summary { get => field ?? ""; init; } = "";

    public IReadOnlyList<ReasonItem> Findings { get => field ?? []; init; } = [];

    /// <summary>It was among the findings at this time already, by a file that was given to <c>--diff</c>; null when that is not known.</summary>
    public DateTimeOffset? StuckSince { get; init; }

    /// <summary>The Services that the address is for.</summary>
    public IReadOnlyList<ServiceAddressItem> Services { get => field ?? []; init; } = [];

    public required IReadOnlyList<SocketItem> Sockets { get; init; }

    public ConnectionsItem Connections { get => field ?? new(); init; } = new();

    /// <summary>Client addresses with the most connections, ten at most.</summary>
    public IReadOnlyList<ClientItem> Peers { get => field ?? []; init; } = [];

    /// <summary>How many client addresses there are.</summary>
    public int PeerAddresses { get; init; }

    /// <summary>Connections of addresses that were too many to be counted one by one.</summary>
    public int PeersUncounted { get; init; }

    [JsonIgnore]
    public bool IsUdp => Protocol == "UDP";

    [JsonIgnore]
    public string At => CommandLine.Shown.EndPoint(Address, Port);

    [JsonIgnore]
    public string Key => $"{Protocol} {At}";

    [JsonIgnore]
    public IEnumerable<OwnerItem> Owners => Sockets.SelectMany(socket => socket.Owners).DistinctBy(owner => owner.Pid);
}

/// <summary>Why one address is among the findings.</summary>
internal sealed record ReasonItem(string Reason, string Message);

/// <summary>What an address is to a Service.</summary>
/// <param name="Namespace">Of the Service.</param>
/// <param name="Name">Of the Service.</param>
/// <param name="Port">The port's name; may be empty.</param>
/// <param name="Kind"><c>NodePort</c>, <c>ClusterIP</c>, <c>LoadBalancer</c>, <c>ExternalIP</c> or <c>HealthCheck</c>.</param>
internal sealed record ServiceAddressItem(string Namespace, string Name, string Port, string Kind);

/// <summary>One socket that listens or is bound.</summary>
internal sealed record SocketItem
{
    public required ulong Inode { get; init; }

    public required uint Uid { get; init; }

    public string User { get => field ?? ""; init; } = "";

    /// <summary>Of TCP: clients that wait to be accepted; of UDP: bytes that wait to be read.</summary>
    public required uint Queue { get; init; }

    /// <summary>Of TCP: how many may wait; null when not told.</summary>
    public uint? Backlog { get; init; }

    /// <summary>Of UDP: bytes that may wait; null when not told.</summary>
    public uint? ReceiveBuffer { get; init; }

    /// <summary>Of UDP: datagrams that did not fit since the socket was made; null when not told.</summary>
    public uint? Drops { get; init; }

    /// <summary>Of sockets that share their address: whether its process accepts; null when nothing shows it.</summary>
    public bool? Accepts { get; init; }

    public IReadOnlyList<OwnerItem> Owners { get => field ?? []; init; } = [];
}

/// <summary>A process that has a socket.</summary>
internal sealed record OwnerItem(int Pid, string Name, uint Uid, string User, int Descriptors, long? DescriptorLimit, bool Stopped);

/// <summary>Connections by state; docs/inspect.md says what each number is.</summary>
internal sealed record ConnectionsItem
{
    public int Established { get; init; }

    public int CloseWait { get; init; }

    /// <summary>Of both: no process has accepted them.</summary>
    public int Waiting { get; init; }

    /// <summary>Of <see cref="CloseWait"/>: no process has accepted them.</summary>
    public int Abandoned { get; init; }

    public int Handshakes { get; init; }

    public int Closing { get; init; }

    public long UnreadBytes { get; init; }
}

/// <summary>One client address and its connections.</summary>
internal sealed record ClientItem(string Address, int Connections, int CloseWait, long UnreadBytes);

/// <summary>The same numbers by owner, by namespace and by verdict.</summary>
internal sealed record SumsItem(IReadOnlyList<SumItem> Owners, IReadOnlyList<SumItem> Namespaces, IReadOnlyList<SumItem> Verdicts);

/// <summary>Of all addresses that have something in common.</summary>
/// <param name="Key">An owner, a namespace or a verdict.</param>
/// <param name="Listening">How many addresses.</param>
/// <param name="Stuck">Those of them with findings.</param>
/// <param name="Established">Connections.</param>
/// <param name="CloseWait">Connections.</param>
/// <param name="Waiting">Connections that no process has accepted.</param>
/// <param name="UnreadBytes">Of all of them.</param>
internal sealed record SumItem(string Key, int Listening, int Stuck, int Established, int CloseWait, int Waiting, long UnreadBytes);

/// <summary>A counter of the kernel, of the whole network namespace.</summary>
internal sealed record CounterItem(string Name, long Before, long Value);

/// <summary>A sysctl, and what is wrong with it; null when nothing is.</summary>
internal sealed record SettingItem(string Name, string Value, string? Problem);

/// <summary>What is not as it was in an earlier report.</summary>
/// <param name="Since">When that was made.</param>
/// <param name="Items">The most telling first.</param>
internal sealed record ChangesItem(DateTimeOffset Since, IReadOnlyList<ChangeItem> Items);

/// <summary>One thing that is not as it was.</summary>
/// <param name="Kind"><c>Grew</c>, <c>Stuck</c>, <c>Came</c>, <c>Went</c>, <c>OwnerChanged</c>, <c>Counter</c> or <c>Setting</c>.</param>
/// <param name="Subject"><c>TCP 0.0.0.0:30080</c>, or the name of what it is.</param>
/// <param name="Message">In words.</param>
internal sealed record ChangeItem(string Kind, string Subject, string Message);

/// <summary>Reads and writes reports without reflection. A null is written: a field that is there is there always.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(NodeReport))]
internal sealed partial class NodeReportJson : JsonSerializerContext;
