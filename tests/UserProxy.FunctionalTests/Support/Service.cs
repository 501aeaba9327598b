using System.Net;
using UserProxy.FunctionalTests.Backends;
using UserProxy.Model;

namespace UserProxy.FunctionalTests.Support;

/// <summary>Builds a service port so that a test reads as a sentence: <c>Service.OnFreePort().To(echo1, echo2).With(settings)</c>.</summary>
internal sealed record Service(string Name, IPEndPoint Address, ServiceSettings Settings, IReadOnlyList<Endpoint> Endpoints)
{
    /// <summary>What its address is said to be: a loopback address stands in for a virtual IP.</summary>
    public ListenerKind Kind { get; init; }

    /// <summary>Of both kinds of addresses.</summary>
    public TrafficPolicy Policy { get; init; }

    public TimeSpan? AffinityTimeout { get; init; }

    public TransportProtocol Protocol { get; init; }

    public string[] SourceRanges { get; init; } = [];

    public static Service On(int port) => On(new IPEndPoint(IPAddress.Loopback, port));

    public static Service On(IPEndPoint address) => new($"service-{address.Port}", address, ServiceSettings.Default, []);

    public static Service OnFreePort() => On(FreePort.Next());

    public ServicePortName PortName => new("test", Name, "", Protocol);

    public Service To(params Backend[] backends) => this with { Endpoints = [.. backends.Select(backend => backend.Endpoint)] };

    /// <summary>A UDP port.</summary>
    public Service To(params DatagramBackend[] backends) => this with
    {
        Protocol = TransportProtocol.Udp,
        Endpoints = [.. backends.Select(backend => backend.Endpoint)],
    };

    /// <summary>The last <paramref name="here"/> backends are on this node, the others elsewhere.</summary>
    public Service ToLocal(int here, params Backend[] backends) => this with
    {
        Endpoints = [.. backends.Select((backend, number) => backend.Endpoint with { IsLocal = number >= backends.Length - here })],
        Policy = TrafficPolicy.Local,
    };

    public Service With(ServiceSettings settings) => this with { Settings = settings };

    public ServicePort ToServicePort()
    {
        ValueList<Endpoint> sorted = new([.. Endpoints.OrderBy(endpoint => endpoint.Key, StringComparer.Ordinal)]);
        return new ServicePort
        {
            Name = PortName,
            Family = Address.AddressFamily,
            Number = Address.Port,
            Settings = Settings,
            Listeners = [new ListenAddress(Kind, Address.Address, Address.Port)],
            Endpoints = sorted,
            ClusterEndpoints = sorted,
            LocalEndpoints = Policy == TrafficPolicy.Local ? new([.. sorted.Where(endpoint => endpoint.IsLocal)]) : [],
            InternalPolicy = Policy,
            ExternalPolicy = Policy,
            AffinityTimeout = AffinityTimeout,
            SourceRanges = new([.. SourceRanges.Select(text => CidrBlock.TryParse(text, out var block) ? block : throw new FormatException(text))]),
            HasEndpoints = sorted.Count > 0,
        };
    }
}
