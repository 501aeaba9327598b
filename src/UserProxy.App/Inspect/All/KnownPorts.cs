using System.Net;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Model;

namespace UserProxy.App.Inspect.All;

/// <summary>
/// Which ports of this node are for which Services: as the running userproxy says, which also knows how its listeners are; else as manifests or a cluster
/// declare them.
/// </summary>
internal sealed class KnownPorts
{
    public const string HealthCheck = "HealthCheck";

    /// <summary>A proxy that is busy must not hold up what the kernel has told already.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly IReadOnlyList<KnownPort> _all;
    private readonly ILookup<(TransportProtocol Protocol, IPAddress Address, int Port), KnownPort> _exact;
    private readonly ILookup<(TransportProtocol Protocol, int Port), KnownPort> _wildcards;

    /// <param name="from">Whom they were asked of; null when nobody was there.</param>
    /// <param name="ports">All of them.</param>
    /// <param name="unseen">What could not be asked, and why.</param>
    /// <param name="pid">Of the proxy that has them; null when none has, or the system does not tell.</param>
    public KnownPorts(string? from, IEnumerable<KnownPort> ports, IEnumerable<string>? unseen = null, int? pid = null)
    {
        From = from;
        Unseen = [.. unseen ?? []];
        _all = [.. ports];
        _exact = _all.Where(port => !port.IsWildcard).ToLookup(port => (port.Protocol, port.Address, port.Port));
        _wildcards = _all.Where(port => port.IsWildcard).ToLookup(port => (port.Protocol, port.Port));
        Pid = pid;
    }

    public static KnownPorts None { get; } = new(null, []);

    /// <summary>Whom they were asked of; null when nobody was there.</summary>
    public string? From { get; }

    public IReadOnlyList<string> Unseen { get; }

    /// <summary>Of the proxy that has them; null when none has, or the system does not tell.</summary>
    public int? Pid { get; }

    /// <summary>Those of the running proxy; with the reason when it does not answer and was named, or may not be asked. Without a proxy: none.</summary>
    public static async Task<KnownPorts> OfProxyAsync(string? socket, Surroundings surroundings, CancellationToken cancellation)
    {
        var (path, isNamed) = AskingCommand.SocketPath(socket, surroundings);
        if (!isNamed && !File.Exists(path)) return None;
        try
        {
            using var client = new AdminClient(path, surroundings.IsRoot, Patience, countLeft: surroundings.CountLeftRoutes);
            using var answer = await client.GetAsync("/v1/services", cancellation);
            using var status = await client.GetAsync("/v1/status", cancellation);
            var listeners = (
                from service in client.Read(answer, AdminJson.Default.ServiceList).Services
                from listener in service.Listeners
                select (Service: service, Listener: listener)).ToList();
            var checks = client.Read(status, AdminJson.Default.ProcessStatus).HealthCheckPorts;
            var ports = listeners.Select(item => new KnownPort(
                item.Service.Namespace, item.Service.Name, item.Service.Port, item.Listener.Kind,
                item.Service.Protocol == "UDP" ? TransportProtocol.Udp : TransportProtocol.Tcp, IPAddress.Parse(item.Listener.Address), item.Listener.Port)
            {
                Listener = item.Listener,
            });
            return new KnownPorts($"the running userproxy at {path}", ports.Concat(checks.SelectMany(OfHealthCheck)), pid: client.PeerPid);
        }
        catch (AdminException e)
        {
            return new KnownPorts(null, [], [$"Services: {e.Message}"]);
        }
    }

    /// <summary>The same, with more that was not seen.</summary>
    public KnownPorts With(IReadOnlyList<string> unseen) =>
        unseen.Count == 0 ? this : new KnownPorts(From, _all, [.. unseen, .. Unseen], Pid);

    /// <summary>Which Services have this address. A declared wildcard is every address of its family; any other is itself alone.</summary>
    public IEnumerable<KnownPort> Of(TransportProtocol protocol, IPEndPoint local) =>
        _exact[(protocol, local.Address, local.Port)].Concat(_wildcards[(protocol, local.Port)].Where(known => known.IsAt(local)));

    /// <summary>What the running proxy says of an address; null without one.</summary>
    public ServedPort? ServedAt(TransportProtocol protocol, IPEndPoint local)
    {
        var served = Of(protocol, local).Where(known => known.Listener is not null)
            .Select(known => ($"{known.Namespace}/{known.Name}", known.Listener!)).ToList();
        return served.Count > 0 ? new ServedPort(Pid, served) : null;
    }

    private static IEnumerable<KnownPort> OfHealthCheck(HealthCheckItem check) =>
        from address in (IPAddress[])[IPAddress.Any, IPAddress.IPv6Any]
        select new KnownPort(check.Namespace, check.Name, "", HealthCheck, TransportProtocol.Tcp, address, check.Port);
}

/// <summary>One address and port of a Service.</summary>
/// <param name="Namespace">Of the Service.</param>
/// <param name="Name">Of the Service.</param>
/// <param name="PortName">May be empty.</param>
/// <param name="Kind">As <see cref="ListenerKind"/> names them, or <see cref="KnownPorts.HealthCheck"/>.</param>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Address">The wildcard stands for every address of its family.</param>
/// <param name="Port">The number.</param>
internal sealed record KnownPort(string Namespace, string Name, string PortName, string Kind, TransportProtocol Protocol, IPAddress Address, int Port)
{
    /// <summary>As the running proxy has it; null of what is declared only.</summary>
    public ListenerItem? Listener { get; init; }

    public bool IsWildcard => Address.Equals(IPAddress.Any) || Address.Equals(IPAddress.IPv6Any);

    public bool IsAt(IPEndPoint local) => IsWildcard
        ? local.AddressFamily == Address.AddressFamily || local.Address.Equals(IPAddress.IPv6Any)
        : Address.Equals(local.Address);
}
