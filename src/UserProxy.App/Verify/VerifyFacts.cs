using System.Net;
using UserProxy.App.CommandLine;
using UserProxy.App.Explain;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Verify.Probing;
using UserProxy.Kubernetes.Building;
using UserProxy.Linux.PortInspection;
using UserProxy.Policy;

namespace UserProxy.App.Verify;

/// <summary>All that the steps of <c>verify</c> judge by, gathered by <see cref="FactsReader"/>.</summary>
internal sealed record VerifyFacts
{
    public required VerifyRequest Request { get; init; }

    public required string Node { get; init; }

    /// <summary>Where the running proxy has its Services from.</summary>
    public required string Source { get; init; }

    /// <summary>The process that runs it; null where the system does not tell.</summary>
    public int? ProxyPid { get; init; }

    /// <summary>As a process of this node would meet it; null when the proxy does not serve it.</summary>
    public Explanation? Explained { get; init; }

    /// <summary>As the client of <c>--from</c> would; null without one.</summary>
    public Explanation? ForClient { get; init; }

    /// <summary>The proxy's words for why it does not serve it; null when it does.</summary>
    public string? NotServed { get; init; }

    public required DeclaredService Declared { get; init; }

    /// <summary>Each port that it is to be reached at, as the kernel has it.</summary>
    public IReadOnlyList<PortFacts> Looks { get; init; } = [];

    public NodeNetwork Network { get; init; } = new([], null, null);

    /// <summary>Endpoints that may be dialled.</summary>
    public int Dialable { get; init; }

    /// <summary>Those of them that were, with <c>--dial</c>.</summary>
    public IReadOnlyList<DialledEndpoint> Dials { get; init; } = [];

    /// <summary>With <c>--from-node</c>.</summary>
    public IReadOnlyList<TriedAddress> Tries { get; init; } = [];

    /// <summary>Addresses of it that were left out, because there are too many.</summary>
    public int NotTried { get; init; }

    /// <summary>Null: nobody was asked.</summary>
    public NameAnswer? Name { get; init; }

    /// <summary>The addresses that endpoints see dials of this node come from, by the endpoint's address.</summary>
    public IReadOnlyDictionary<string, IPAddress> Sources { get; init; } = new Dictionary<string, IPAddress>();

    /// <summary>Packets that a routing rule for their protocol or port leaves without a route, a line each, with what shows it.</summary>
    public IReadOnlyList<(string Says, string Next)> StoppedByPort { get; init; } = [];

    /// <summary>The interfaces that those dials leave by, where they are known, by the endpoint's address.</summary>
    public IReadOnlyDictionary<string, string> Links { get; init; } = new Dictionary<string, string>();

    public TimeSpan Elapsed { get; init; }

    public IReadOnlyList<ExplainedPort> Ports => Explained?.Ports ?? [];

    public ServiceRef Service => Request.Service;

    /// <summary>Endpoints that see the address of some client, <c>ip:port</c>, as the proxy says.</summary>
    public IReadOnlySet<string> SeeingClients => SeeingClientsOf(Explained);

    /// <summary>The same, of the client of <c>--from</c>; without one it is a process of this node, which none sees.</summary>
    public IReadOnlySet<string> SeeingThisClient => SeeingClientsOf(ForClient);

    /// <summary>All chains of this node, as far as they could be listed.</summary>
    public IReadOnlyList<FilterChain> Chains => Looks.Select(look => look.Chains).FirstOrDefault(chains => chains.Count > 0) ?? [];

    /// <summary>Addresses of it that are not served here, <c>ClusterIP 10.96.0.1:80</c>.</summary>
    public IEnumerable<string> Unserved => Ports.SelectMany(port => port.Service.NotServed).Select(Describe).Distinct();

    /// <summary>
    /// Addresses that serve some clients or none, as their policies say: <c>ClusterIP 10.96.0.1:80 serves nobody on this node: no endpoint on this node
    /// (internalTrafficPolicy Local)</c>.
    /// </summary>
    public IEnumerable<string> Limited =>
    [
        .. from port in Ports
           from at in port.Service.Listeners.Zip(port.Addresses)
           where at.First.State is nameof(ListenerState.Refusing) or nameof(ListenerState.Dropping)
           let whom = at.Second.NextEndpoint is null ? "serves nobody on this node" : "serves clients of this node alone"
           select $"{at.First.Kind} {Shown.Address(at.First)} {whom}{(at.First.Reason is { } reason ? $": {reason.Split(';')[0]}" : "")}",
    ];

    /// <summary>Where its declaration is, read or not.</summary>
    public string Written => Declared.Source ?? Source;

    /// <summary>Finds faults in the manifests.</summary>
    public string Check => $"userproxy check {Source.Replace(", ", " ", StringComparison.Ordinal)}";

    /// <summary>Where manifests are to be mended, when something in them is not read as it is meant and an endpoint may be missed for it. Else null.</summary>
    public string? Mend => !Declared.IsOfManifests || Explained is null ? null
        : WrittenFault.In(Explained.Issues).FirstOrDefault(fault => fault.Place is not null && WrittenFault.MayHideEndpoints(fault)) is { } fault
            ? MendOf(fault)
            : null;

    /// <summary>The file and line, and how to see that it is well.</summary>
    public string MendOf(IssueItem fault) => fault.Place is { } place ? $"mend {place}, and then: {Check}" : Check;

    /// <summary><c>kubectl -n NS</c>, to go on.</summary>
    public string Kubectl => $"kubectl -n {Service.Namespace}";

    /// <summary>
    /// What explain says to do about one of these endpoints, the first that it has a word of; else to ask it. Its other steps are those of other causes.
    /// </summary>
    public string StepOf(ExplainedPort port, IEnumerable<EndpointItem> endpoints) =>
        endpoints.Select(endpoint => port.NextSteps.FirstOrDefault(step => step.StartsWith($"{Shown.Address(endpoint)} ", StringComparison.Ordinal)))
            .OfType<string>().FirstOrDefault() ?? $"userproxy explain {Service}";

    private static HashSet<string> SeeingClientsOf(Explanation? explained) =>
    [
        .. (explained?.Ports ?? []).SelectMany(port => port.Endpoints)
            .Where(endpoint => ClientAddressWords.AreOfKept(endpoint.ClientAddress)).Select(endpoint => endpoint.Endpoint),
    ];

    public static string Describe(UnservedItem unserved) => $"{unserved.Kind} {Shown.EndPoint(unserved.Address, unserved.Port)}";

    /// <summary>Tells ports apart where there are several: <c>http (TCP, IPv4): </c>.</summary>
    public string Of(ServiceItem port) =>
        Ports.Count == 1 ? "" : $"{(port.Port.Length == 0 ? Shown.Number(port.PortNumber) : port.Port)} ({port.Protocol}, {port.IpFamily}): ";
}

/// <summary>What <c>verify</c> was asked on the command line.</summary>
/// <param name="Service">A Service, or one port of it.</param>
/// <param name="From">The client to judge for; null is a process of this node.</param>
/// <param name="Dials">Endpoints may be dialled.</param>
/// <param name="Connects">Connections may be made through the Service's own addresses.</param>
/// <param name="Kubeconfig">The cluster to read; null for what the environment says.</param>
/// <param name="Dns">The resolver to ask; null for the cluster's own.</param>
internal sealed record VerifyRequest(
    ServiceRef Service, IPAddress? From, bool Dials, bool Connects, string? Kubeconfig = null, IPEndPoint? Dns = null);
