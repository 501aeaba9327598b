using System.Net;
using System.Net.Sockets;
using UserProxy.App.CommandLine;
using UserProxy.App.Configuration;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Verify.Probing;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Client;
using UserProxy.Kubernetes.Manifests;
using UserProxy.Linux.Netlink;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;
using UserProxy.Policy;

namespace UserProxy.App.Verify;

/// <summary>
/// Gathers what the steps judge by: the running proxy's answers, what is written about the Service, this node's sockets, rules and settings, and what was asked
/// for of dials and connections. All beside each other, each bounded in number and time.
/// </summary>
internal sealed class FactsReader(VerifyRequest request, AdminClient client, Surroundings surroundings)
{
    /// <summary>Of endpoints a sample: each costs a connection, and the others are alike.</summary>
    public const int MostDials = 64;

    private const int MostAddresses = 16;

    /// <summary>Each costs a reading of the kernel's sockets.</summary>
    private const int MostPorts = 32;

    private static readonly TimeSpan ClusterPatience = TimeSpan.FromSeconds(3), LongestDial = TimeSpan.FromSeconds(3), NamePatience = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = surroundings.Time;

    /// <exception cref="AdminException">The proxy does not answer.</exception>
    /// <exception cref="ConfigurationException">The kubeconfig that was given cannot be used.</exception>
    public async Task<VerifyFacts> ReadAsync(CancellationToken cancellation)
    {
        long began = _time.GetTimestamp();
        var status = await AskAsync("/v1/status", AdminJson.Default.ProcessStatus, cancellation);
        var (explained, notServed) = await ExplainAsync(null, cancellation);
        var declaring = ReadDeclaredAsync(status.Source, cancellation);
        var ports = explained?.Ports ?? [];
        var looking = LookAsync(ports, cancellation);
        var candidates = Dialable(ports);
        var dialling = request.Dials ? DialAsync(candidates, LongestOf(ports), cancellation) : Task.FromResult<IReadOnlyList<DialledEndpoint>>([]);
        var targets = Targets(ports).ToList();
        var trying = request.Connects ? TryAsync(targets, ports, cancellation) : Task.FromResult<IReadOnlyList<TriedAddress>>([]);
        var declared = await declaring;
        var naming = AskNameAsync(declared, explained, cancellation);
        var network = NodeNetwork.Read(request.From);
        var ways = WaysTo(ports, network);
        return new VerifyFacts
        {
            Request = request,
            Node = status.Node,
            Source = status.Source,
            ProxyPid = client.PeerPid,
            Explained = explained,
            ForClient = explained is null || request.From is not { } from ? null : (await ExplainAsync(from, cancellation)).Explained,
            NotServed = notServed,
            Declared = declared,
            Network = network,
            Dialable = candidates.Count,
            Dials = await dialling,
            Tries = await trying,
            NotTried = request.Connects ? Math.Max(0, targets.Count - MostAddresses) : 0,
            Looks = await looking,
            Name = await naming,
            Sources = ways.Where(way => way.Value.Source is not null).ToDictionary(way => way.Key, way => way.Value.Source!),
            StoppedByPort = [.. OperatingSystem.IsLinux() ? Stopped(ports) : []],
            Links = ways.Where(way => way.Value.Link is not null).ToDictionary(way => way.Key, way => way.Value.Link!),
            Elapsed = _time.GetElapsedTime(began),
        };
    }

    private async Task<T> AskAsync<T>(string resource, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        using var json = await client.GetAsync(resource, cancellation);
        return client.Read(json, type);
    }

    private async Task<(Explanation? Explained, string? NotServed)> ExplainAsync(IPAddress? from, CancellationToken cancellation)
    {
        try
        {
            string question = $"/v1/explain?service={Uri.EscapeDataString(request.Service.ToString())}&from={from}";
            return (await AskAsync(question, AdminJson.Default.Explanation, cancellation), null);
        }
        catch (AdminException e) when (e.Code == ExitCode.Failed)
        {
            return (null, e.Message);
        }
    }

    /// <summary>Where the proxy has it from, when that can be read from here.</summary>
    private async Task<DeclaredService> ReadDeclaredAsync(string source, CancellationToken cancellation)
    {
        bool isCluster = Uri.TryCreate(source, UriKind.Absolute, out var server) && server.Scheme is "https" or "http";
        if (request.Kubeconfig is null && !isCluster) return ReadManifests(source);
        var options = RunOptionsReader.DefaultsFor(surroundings) with { Kubeconfig = request.Kubeconfig };
        var access = ClusterToRead.Find(options, surroundings);
        // What the environment names may be another cluster than the proxy's.
        if (access is null || (request.Kubeconfig is null && access.Server != server))
            return DeclaredService.Unseen("the API server was not asked: give --kubeconfig FILE");
        using var api = new ApiClient(access, _time);
        return await new DeclaredServiceReader(api, ClusterPatience).ReadAsync(request.Service.Namespace, request.Service.Name, cancellation);
    }

    /// <summary>The proxy gives their paths, and runs on this node.</summary>
    private DeclaredService ReadManifests(string source)
    {
        string[] paths = source.Split(", ");
        if (!paths.All(path => File.Exists(path) || Directory.Exists(path)))
            return DeclaredService.Unseen($"the manifests of the proxy cannot be read from here: {source}") with { IsOfManifests = source != "snapshot" };
        var manifests = new ManifestFiles(paths, _time).Refresh();
        var declared = DeclaredServiceReader.Of(manifests, source, request.Service.Namespace, request.Service.Name);
        if (manifests.IsWhole) return declared;
        // What could not be read may be what is missed.
        string unread = $"not all of {source} can be read";
        return declared with
        {
            Service = declared.Service.Items.Count > 0 ? declared.Service : new([], unread),
            Slices = declared.Slices.Items.Count > 0 ? declared.Slices : new([], unread),
        };
    }

    /// <summary>Once for each port and protocol: sockets, owners and the rules that name it. Without test connections, which are made on purpose.</summary>
    private async Task<IReadOnlyList<PortFacts>> LookAsync(IReadOnlyList<ExplainedPort> ports, CancellationToken cancellation)
    {
        if (!OperatingSystem.IsLinux()) return [];
        var questions =
            from port in ports
            from listener in port.Service.Listeners
            select (listener.Port, Protocol: port.Service.Protocol == "TCP" ? TransportProtocol.Tcp : TransportProtocol.Udp);
        var own = OwnAddresses();
        return await PortInspector.LookAsync(
            [.. questions.Distinct().Take(MostPorts).Select(
                question => new PortQuestion { Port = question.Port, Protocol = question.Protocol, Probe = false, OwnAddresses = own })],
            _time, cancellation);
    }

    private static List<IPEndPoint> Dialable(IReadOnlyList<ExplainedPort> ports) =>
    [
        .. ports.Where(port => port.Service.Protocol == "TCP")
            .SelectMany(port => port.Endpoints)
            .Where(endpoint => endpoint.Used || endpoint.State == HealthWords.Aside)
            .Select(endpoint => endpoint.Endpoint).Distinct().Select(IPEndPoint.Parse),
    ];

    /// <summary>Spread evenly over all, so that each slice and node has its share.</summary>
    private async Task<IReadOnlyList<DialledEndpoint>> DialAsync(List<IPEndPoint> all, TimeSpan timeout, CancellationToken cancellation)
    {
        int count = Math.Min(all.Count, MostDials);
        return await Task.WhenAll(Enumerable.Range(0, count).Select(
            number => DialledEndpoint.DialAsync(all[(int)((long)number * all.Count / count)], timeout, _time, cancellation)));
    }

    private static TimeSpan LongestOf(IReadOnlyList<ExplainedPort> ports)
    {
        var declared = TimeSpan.FromSeconds(ports.Count == 0 ? 0 : ports.Max(port => port.ConnectTimeoutSeconds));
        return declared < LongestDial ? declared : LongestDial;
    }

    /// <summary>The Service's addresses of TCP. A wildcard is met at loopback and at the first address of the node, as rules may take the one alone.</summary>
    private static IEnumerable<(string Kind, IPEndPoint At)> Targets(IReadOnlyList<ExplainedPort> ports)
    {
        var own = OwnAddresses();
        foreach (var listener in ports.Where(port => port.Service.Protocol == "TCP").SelectMany(port => port.Service.Listeners))
        {
            var address = IPAddress.Parse(listener.Address);
            bool isWildcard = address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
            IEnumerable<IPAddress> addresses = !isWildcard ? [address]
                : [
                    address.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback,
                    .. own.Where(one => one.AddressFamily == address.AddressFamily && !IPAddress.IsLoopback(one)).Take(1)];
            foreach (var each in addresses) yield return (listener.Kind, new IPEndPoint(each, listener.Port));
        }
    }

    /// <summary>As long as the proxy may take to find an endpoint, and a little more.</summary>
    private async Task<IReadOnlyList<TriedAddress>> TryAsync(
        List<(string Kind, IPEndPoint At)> targets, IReadOnlyList<ExplainedPort> ports, CancellationToken cancellation)
    {
        if (targets.Count == 0) return [];
        var all = TimeSpan.FromSeconds(ports.Max(port => port.ConnectTimeoutSeconds * port.ConnectAttempts));
        var patience = TimeSpan.FromMilliseconds(500) + (all < LongestDial ? all : LongestDial);
        return await Task.WhenAll(targets.Take(MostAddresses).Select(
            target => TriedAddress.TryAsync(target.Kind, target.At, request.Service, client, patience, _time, cancellation)));
    }

    /// <summary>The resolver that was named, or the cluster's own as it is served here.</summary>
    private async Task<NameAnswer?> AskNameAsync(DeclaredService declared, Explanation? explained, CancellationToken cancellation)
    {
        if (explained is null || NameOfService.ClusterIPs(declared, explained).Count == 0) return null;
        var server = request.Dns ?? await FindResolverAsync(cancellation);
        return server is null ? null
            : await NameAnswer.AskAsync(NameOfService.Of(request.Service), server, NamePatience, cancellation);
    }

    private async Task<IPEndPoint?> FindResolverAsync(CancellationToken cancellation)
    {
        try
        {
            var list = await AskAsync("/v1/services?service=kube-system/kube-dns", AdminJson.Default.ServiceList, cancellation);
            var at = list.Services.Where(service => service.Protocol == "UDP").SelectMany(service => service.Listeners).FirstOrDefault(
                listener => listener.Kind == nameof(ListenerKind.ClusterIP));
            return at is null ? null : new IPEndPoint(IPAddress.Parse(at.Address), at.Port);
        }
        catch (AdminException e) when (e.Code == ExitCode.Failed)
        {
            return null; // there is no such Service
        }
    }

    /// <summary>Dials of endpoints, and answers to the client that was asked for.</summary>
    private IEnumerable<(string Says, string Next)> Stopped(IReadOnlyList<ExplainedPort> ports)
    {
        foreach (var service in ports.Select(port => port.Service).Where(service => service.Protocol is "TCP" or "UDP"))
        {
            var protocol = service.Protocol == "UDP" ? ProtocolType.Udp : ProtocolType.Tcp;
            string word = service.Protocol.ToLowerInvariant();
            foreach (var endpoint in service.Endpoints.Take(MostDials))
            {
                if (RouteLookup.IsStoppedByPort(IPAddress.Parse(endpoint.Address), protocol, source: 0, endpoint.Port))
                    yield return ($"a dial of {Shown.Address(endpoint)}", $"ip route get {endpoint.Address} ipproto {word} dport {endpoint.Port}");
            }

            if (request.From is not { } client) continue;
            foreach (int port in service.Listeners.Select(listener => listener.Port).Distinct())
            {
                if (RouteLookup.IsStoppedByPort(client, protocol, port, target: 0))
                    yield return ($"an answer of port {Shown.Number(port)} to {client}", $"ip route get {client} ipproto {word} sport {port}");
            }
        }
    }

    private static Dictionary<string, WayBack> WaysTo(IReadOnlyList<ExplainedPort> ports, NodeNetwork network) =>
        ports.SelectMany(port => port.Service.Endpoints).Select(endpoint => endpoint.Address).Distinct().Take(MostDials)
            .ToDictionary(address => address, address => WayBack.To(IPAddress.Parse(address), network.Devices));

    private static IReadOnlyList<IPAddress> OwnAddresses()
    {
        try
        {
            return InterfaceAddresses.ToServeAt();
        }
        catch (Exception e) when (InterfaceAddresses.AreUnreadable(e))
        {
            return [];
        }
    }
}
