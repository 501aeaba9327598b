using System.Net.Sockets;
using UserProxy.Model;

namespace UserProxy.App.Snapshots;

/// <summary>Reads what <see cref="TableWriter"/> has written, in the same order.</summary>
internal sealed class TableReader(ValueDecoder from)
{
    private static readonly int Protocols = Enum.GetValues<TransportProtocol>().Length, Schedulers = Enum.GetValues<SchedulerKind>().Length;
    private static readonly int Policies = Enum.GetValues<TrafficPolicy>().Length, Kinds = Enum.GetValues<ListenerKind>().Length;
    private static readonly int Actions = Enum.GetValues<NoLocalAction>().Length, Lists = Enum.GetValues<EndpointsAre>().Length;
    private static readonly int AddressUses = Enum.GetValues<ClientAddressUse>().Length;

    /// <summary>One more than the greatest number of each.</summary>
    private static readonly int Versions = 1 + (int)Enum.GetValues<ProxyProtocolVersion>().Max(), OptionSets = 2 * (int)Enum.GetValues<ProxyV2Options>().Max();

    private readonly List<ServiceSettings> _settings = [];

    /// <exception cref="InvalidDataException">It is no table.</exception>
    public ServiceTable Read()
    {
        long revision = from.Long();
        var node = ReadNode();
        var checks = ReadAll(ReadHealthCheck);
        var issues = ReadAll(ReadIssue);
        var leftOut = ReadAll(() => new LeftOutService(from.Text(), from.Text(), from.Text()));
        return new ServiceTable(revision, ReadAll(ReadPort), issues) { HealthChecks = checks, Node = node, LeftOut = leftOut };
    }

    private OwnNode ReadNode() => new(from.Text())
    {
        IsKnown = from.Flag(),
        Zone = from.TextOrNull(),
        PodBlocks = ReadAll(ReadBlock),
        IsLeaving = from.Flag(),
    };

    private HealthCheckPort ReadHealthCheck() => new(from.Text(), from.Text(), from.Int(), ReadAll(from.Address), from.Int());

    private TableIssue ReadIssue() => new(from.Text(), from.Text(), from.Text()) { Service = from.TextOrNull(), Place = from.TextOrNull() };

    // Initializers run in the order in which they are written: that of the file.
    private ServicePort ReadPort()
    {
        var name = new ServicePortName(from.Text(), from.Text(), from.Text(), (TransportProtocol)from.Below(Protocols));
        var port = new ServicePort
        {
            Name = name,
            Family = ReadFamily(),
            Number = from.Int(),
            Settings = ReadShared(),
            Listeners = ReadAll(ReadListener),
            NotServed = ReadAll(() => new UnservedAddress(ReadListener(), from.Text())),
            Endpoints = ReadAll(ReadEndpoint),
            NoEndpointsBecause = from.TextOrNull(),
            Manifest = from.TextOrNull(),
            InternalPolicy = (TrafficPolicy)from.Below(Policies),
            ExternalPolicy = (TrafficPolicy)from.Below(Policies),
        };
        var cluster = ReadPart(port.Endpoints, []);
        return port with
        {
            ClusterEndpoints = cluster,
            LocalEndpoints = ReadPart(port.Endpoints, cluster),
            HasEndpoints = from.Flag(),
            AffinityTimeout = ReadTime(),
            SourceRanges = ReadAll(ReadBlock),
        };
    }

    private AddressFamily ReadFamily()
    {
        var family = (AddressFamily)from.Int();
        return family is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6 ? family : throw from.Damaged();
    }

    private ServiceSettings ReadShared()
    {
        int number = from.Below(_settings.Count + 1);
        if (number < _settings.Count) return _settings[number];
        var settings = new ServiceSettings
        {
            Scheduler = (SchedulerKind)from.Below(Schedulers),
            ConnectTimeout = from.Time(),
            ConnectAttempts = from.Int(),
            IdleTimeout = from.Time(),
            HalfCloseTimeout = from.Time(),
            UdpIdleTimeout = from.Time(),
            UdpResponses = ReadInt(),
            MaxConnections = ReadInt(),
            MaxConnectionsPerClient = ReadInt(),
            Drain = new DrainPolicy(ReadTime()),
            NoLocalAction = from.Flag() ? (NoLocalAction)from.Below(Actions) : null,
            ClientAddress = from.Flag() ? (ClientAddressUse)from.Below(AddressUses) : null,
            ProxyProtocol = from.Flag() ? (ProxyProtocolVersion)from.Below(Versions) : null,
            ProxyV2Options = (ProxyV2Options)from.Below(OptionSets),
            AcceptProxyProtocol = ReadAll(ReadBlock),
        };
        _settings.Add(settings);
        return settings;
    }

    private ListenAddress ReadListener() => new((ListenerKind)from.Below(Kinds), from.Address(), ReadPortNumber());

    private CidrBlock ReadBlock()
    {
        var address = from.Address();
        return new CidrBlock(address, from.Below((address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128) + 1));
    }

    private Endpoint ReadEndpoint()
    {
        var facts = (EndpointFacts)from.Byte();
        var endpoint = new Endpoint(from.Address(), ReadPortNumber())
        {
            Ready = (facts & EndpointFacts.Ready) != 0,
            Serving = (facts & EndpointFacts.Serving) != 0,
            Terminating = (facts & EndpointFacts.Terminating) != 0,
            IsLocal = (facts & EndpointFacts.IsLocal) != 0,
            NodeName = (facts & EndpointFacts.HasNode) != 0 ? from.Text() : null,
            Pod = (facts & EndpointFacts.HasPod) != 0 ? from.Number() : 0,
            Zone = (facts & EndpointFacts.HasZone) != 0 ? from.Text() : null,
        };
        return (facts & EndpointFacts.HasHints) == 0
            ? endpoint
            : endpoint with { ForZones = ReadAll(from.Text), ForNodes = ReadAll(from.Text), Weight = from.Int() };
    }

    /// <summary>Of an IPEndPoint, which takes no other.</summary>
    private int ReadPortNumber() => from.Below(ushort.MaxValue + 1);

    private ValueList<Endpoint> ReadPart(ValueList<Endpoint> all, ValueList<Endpoint> other) => (EndpointsAre)from.Below(Lists) switch
    {
        EndpointsAre.None => [],
        EndpointsAre.All => all,
        EndpointsAre.AsTheOther => other,
        EndpointsAre.Some => ReadAll(() => all[from.Below(all.Count)]),
        _ => ReadAll(ReadEndpoint),
    };

    private int? ReadInt() => from.Flag() ? from.Int() : null;

    private TimeSpan? ReadTime() => from.Flag() ? from.Time() : null;

    private ValueList<T> ReadAll<T>(Func<T> read)
    {
        int count = from.Count();
        if (count == 0) return [];
        var items = new T[count];
        for (int i = 0; i < items.Length; i++) items[i] = read();
        return new ValueList<T>(items);
    }
}
