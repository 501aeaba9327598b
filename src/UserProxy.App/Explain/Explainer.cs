using System.Net;
using System.Net.Sockets;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Kubernetes.Building;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;

namespace UserProxy.App.Explain;

/// <summary>
/// Tells the whole way of a connection through one Service. Where the next one goes is asked of the running scheduler (<see cref="ProxyView.Peek"/>), so that
/// the answer cannot disagree with traffic; the rest is put into words here.
/// </summary>
internal sealed class Explainer(AdminFacts facts)
{
    private const string NoAnswer = "gets no answer";

    private Proxier Proxier => facts.Proxier;

    /// <summary>Null when nothing is declared that fits <paramref name="service"/>.</summary>
    /// <param name="service">A Service, or one port of it.</param>
    /// <param name="from">The client; null is a process of this node.</param>
    public Explanation? Explain(ServiceRef service, IPAddress? from)
    {
        var table = Proxier.Table;
        List<IssueItem> issues = [.. IssuesOf(table, service).Select(ToMessage.Of)];
        var faults = WrittenFault.In(issues);
        // A client of one family does not come to the addresses of the other.
        var ports = table.Ports.Where(port => service.Fits(port) && (from is null || from.AddressFamily == port.Family)).ToList();
        if (ports.Count == 0 && !table.Ports.Any(service.Fits)) return null;
        var served = Proxier.View.Services(service.FitsService).ToList();
        return new Explanation(
            ApiVersion.V1,
            facts.Node,
            table.Revision,
            from?.ToString(),
            [
                .. ports.Select(port => Explain(
                    port, served.Find(reading => reading.Name == port.Name && reading.Family == port.Family), table.Node, from, faults))],
            [
                .. issues,
                .. facts.PortIssues.Now.Concat(facts.Problems.In(table)).Where(issue => issue.Subject == $"Service {service.Namespace}/{service.Name}")
                    .Select(ToMessage.Of)])
        {
            SourceTrouble = facts.SourceTrouble(),
            Draining = facts.IsDraining(),
        };
    }

    /// <summary>What to say of a Service that is not in the table.</summary>
    public string WhyUnknown(ServiceRef service)
    {
        var table = Proxier.Table;
        if (table.Revision == 0) return $"nothing is served yet: {facts.Source} has not been listed";
        var ports = table.Ports.Where(port => service.FitsService(port.Name)).ToList();
        if (ports.Count > 0)
            return $"{service.Namespace}/{service.Name} has no port {service.Port}; it has "
                + $"{string.Join(", ", ports.Select(port => port.Name.Port.Length == 0 ? $"{port.Number}" : $"{port.Name.Port} ({port.Number})").Distinct())}";

        foreach (var left in table.LeftOut)
        {
            if (left.Namespace == service.Namespace && left.Name == service.Name)
                return $"{service.Namespace}/{service.Name} is declared, and nothing of it is served on this node: {left.Because}"
                    + string.Concat(IssuesOf(table, service).Where(issue => IsReason(issue.Reason)).Select(issue => $". {issue}"));
        }

        var elsewhere = table.Ports.Where(port => port.Name.Name == service.Name).Select(port => port.Name.Namespace).Distinct().Take(3).ToList();
        string? meant = elsewhere.Count > 0 ? null : MeantService.By(
            service,
            table.Ports.Select(port => (port.Name.Namespace, port.Name.Name)).Concat(table.LeftOut.Select(left => (left.Namespace, left.Name))));
        string message = $"{service} is not served on this node: {facts.Source} declares no such Service"
            + (facts.SourceTrouble() is { } trouble ? $", as far as it could be read ({trouble.Message})" : "")
            // An API server is not asked for these.
            + (facts.Followed().Count > 0
                ? $" for this proxy. Headless Services and those labelled for another proxy ({WellKnown.ServiceProxyNameLabel}) are left out"
                : "")
            + (meant is null ? "; userproxy list shows what is served" : $"; did you mean {meant}?");
        if (elsewhere.Count > 0) message += $". There is {string.Join(", ", elsewhere.Select(space => $"{space}/{service.Name}"))}";
        foreach (var issue in IssuesOf(table, service)) message += $"{Stop(message)} {issue}";
        return message;
    }

    /// <summary>Worth telling beside that nothing is served. That a protocol is not served is no fault, and may be why.</summary>
    private static bool IsReason(string reason) =>
        reason == IssueReasons.ProtocolNotServed || (!IssueReasons.IsNote(reason) && reason != IssueReasons.NoPorts);

    private static string Stop(string message) => message.EndsWith('?') ? "" : ".";

    private ExplainedPort Explain(ServicePort declared, ServiceReading? served, OwnNode node, IPAddress? from, IReadOnlyList<IssueItem> faults)
    {
        var now = served ?? new ServiceReading(declared);
        var endpoints = ExplainableEndpoint.AllOf(now, Proxier.View);
        var crowded = OverClientLimit(declared, now, from);
        var addresses = now.Listeners.Select(listener => Explain(now, listener, from, crowded, endpoints)).ToList();
        List<ExplainedEndpoint> explained = [.. endpoints.Select(endpoint => Explain(endpoint, declared, node, from))];
        var service = ToMessage.Of(now, facts.Time.GetUtcNow(), facts.Sampler);
        return new ExplainedPort
        {
            Service = service,
            ConnectTimeoutSeconds = ToMessage.Seconds(declared.Settings.ConnectTimeout),
            ConnectAttempts = declared.Settings.ConnectAttempts,
            Pin = Proxier.View.PinOf(declared.Name, declared.Family, from ?? LoopbackOf(declared.Family))?.ToString(),
            Addresses = addresses,
            Endpoints = explained,
            NextSteps = served is null
                ? [$"{declared.Name} is declared and not applied yet; the log says why"]
                : [
                    .. facts.IsDraining() ? [Freshness.Draining] : Array.Empty<string>(),
                    .. NextSteps.Of(declared, now, endpoints, node, faults),
                    .. SilentEndpoints.StepFor(explained) is { } step ? [step] : Array.Empty<string>(),
                    .. service.BadEnds is { } ends ? [$"{ends.Says}: {ends.Next}"] : Array.Empty<string>(),
                    .. crowded.Take(1).Select(client => NextSteps.OfClientLimit(declared, client.Key, client.Value))],
        };
    }

    private ExplainedEndpoint Explain(ExplainableEndpoint endpoint, ServicePort declared, OwnNode node, IPAddress? from)
    {
        var words = EndpointWords.Of(endpoint, declared, node);
        int waiting = endpoint.Reading.Waiting;
        return words with
        {
            Says = words.Says + SilentEndpoints.Says(waiting),
            Silent = waiting,
            ClientAddress = endpoint.Refusal is null ? ClientAddressWords.Of(Proxier.View, declared, endpoint.Reading.Endpoint, from) : null,
        };
    }

    private ExplainedAddress Explain(
        ServiceReading reading, ListenerReading listener, IPAddress? from, Dictionary<IPAddress, int> crowded, IReadOnlyList<ExplainableEndpoint> endpoints)
    {
        var port = reading.Port;
        var address = listener.Address;
        var client = from ?? OwnClientAt(address);
        var next = !listener.Listens || facts.IsDraining()
            || IsFull(reading) || crowded.ContainsKey(client) ? null : Proxier.View.Peek(port.Name, port.Family, address, client);
        var policy = port.PolicyAt(address.Kind);
        // The scheduler learns by a dial what must not be dialled.
        string? refusal = next is null ? null : endpoints.FirstOrDefault(endpoint => endpoint.Reading.Endpoint.EndPoint.Equals(next))?.Refusal;
        bool isLeft = refusal is null || endpoints.Any(endpoint => endpoint is { Refusal: null, Reading.Used: true });
        string says = refusal is null ? Says(reading, listener, client, next, crowded)
            : isLeft ? $"goes to another than {next}, which must not be dialled: {refusal}"
            : $"{(port.Name.Protocol == TransportProtocol.Udp ? NoAnswer : "is reset")}: {next} must not be dialled ({refusal}), and there is no other";
        return new ExplainedAddress(
            address.Kind.ToString(), address.EndPoint.ToString(), listener.State.ToString(), policy.ToString(), isLeft ? next?.ToString() : null, says);
    }

    private string Says(ServiceReading reading, ListenerReading listener, IPAddress client, IPEndPoint? next, Dictionary<IPAddress, int> crowded)
    {
        var port = reading.Port;
        bool isUdp = port.Name.Protocol == TransportProtocol.Udp;
        if (facts.IsDraining()) return $"{WhenClosed(isUdp)}: this proxy is draining";
        if (listener.State == ListenerState.Failed) return $"cannot be bound, and is tried again: {listener.Reason}";
        if (IsFull(reading)) return $"is reset: max-connections ({port.Settings.MaxConnections}) is reached";
        if (crowded.ContainsKey(client)) return $"is refused: over max-connections-per-client ({port.Settings.MaxConnectionsPerClient}) of {client}";
        if (next is not null)
        {
            bool isNodes = client.Equals(OwnClientAt(listener.Address));
            bool pinned = Proxier.View.PinOf(port.Name, port.Family, client)?.Equals(next) is true;
            // Others would meet something else at this address.
            string why = listener.State != ListenerState.Listening
                ? "; only clients of this node are served"
                : listener.Reason is { } reason
                ? $"; {reason}"
                : "";
            if (!isUdp && port.Settings.IsBalancer(client))
                why += "; as a listed load balancer it must begin with a PROXY protocol header, and the client that this tells decides (--from CLIENT)";
            string failing = Failing(reading.Name.Protocol, reading.ReadEndpoints(), next, isNodes);
            return $"goes to {next}{(pinned ? ", where the client is pinned" : "")}{failing}{why}";
        }

        return listener.State switch
        {
            // What a socket has let in finds no endpoint.
            ListenerState.Refusing => $"{(isUdp && listener.Listens ? NoAnswer : WhenClosed(isUdp))}: {listener.Reason}",
            ListenerState.Dropping => $"{NoAnswer}: {listener.Reason}",
            _ when listener.Address.Kind == ListenerKind.LoadBalancer && port.SourceRanges.Count > 0 =>
                $"{NoAnswer}: {client} is outside loadBalancerSourceRanges",
            _ => $"{(isUdp ? NoAnswer : "is reset")}: no endpoint is left for it",
        };
    }

    /// <summary>By the kernel, as no socket is bound there.</summary>
    private static string WhenClosed(bool isUdp) => isUdp ? $"is answered \"{HealthWords.PortUnreachable}\"" : "is refused";

    /// <summary>Where it goes to, and what becomes of it there.</summary>
    /// <param name="protocol">Of the port.</param>
    /// <param name="endpoints">All of it.</param>
    /// <param name="next">The one that is dialled first.</param>
    /// <param name="isNodes">The client is of this node, whose dials never leave with a client's address.</param>
    internal static string Failing(TransportProtocol protocol, IReadOnlyList<EndpointReading> endpoints, IPEndPoint next, bool isNodes)
    {
        if (endpoints.FirstOrDefault(endpoint => endpoint.Endpoint.EndPoint.Equals(next)) is not { } chosen || !Fails(chosen)) return "";
        bool isUdp = protocol == TransportProtocol.Udp;
        return endpoints.Any(endpoint => endpoint.Used && !Fails(endpoint))
            // No datagram is sent a second time.
            ? $", whose last {(isUdp ? "datagram" : "dial")} failed{EndpointWords.Ago(chosen)}{(isUdp ? ", and to no other" : ", and then to another")}"
            : $", and {(isUdp ? NoAnswer : "would be reset")}: the last {(isUdp ? "datagram" : "dial")} to each endpoint failed"
                + EndpointWords.Ago(Newest(endpoints));

        EndpointReading Newest(IEnumerable<EndpointReading> endpoints) =>
            endpoints.Where(Fails).MinBy(endpoint => endpoint.LastDialAgo ?? TimeSpan.MaxValue)!;

        // That those of the other kind fail is told with the endpoint.
        bool Fails(EndpointReading endpoint) =>
            endpoint.Health == EndpointHealth.Aside
            || (endpoint.Health == EndpointHealth.Failing && !(endpoint.AnswersOthers && endpoint.FailsClients == isNodes));
    }

    /// <summary>Sessions of UDP have bounds of their own, at which one makes room for another.</summary>
    private static bool IsFull(ServiceReading reading) =>
        reading.Name.Protocol == TransportProtocol.Tcp && reading.ActiveConnections >= reading.Port.Settings.MaxConnections;

    /// <summary>Clients that may open no more, with the connections that they have. Read once, so that addresses and next steps agree.</summary>
    private Dictionary<IPAddress, int> OverClientLimit(ServicePort port, ServiceReading now, IPAddress? from) =>
        port.Settings.MaxConnectionsPerClient is not { } most ? [] : now.Listeners
        .Select(listener => from ?? OwnClientAt(listener.Address))
        .Distinct()
        .Select(client => KeyValuePair.Create(client, Proxier.View.CountedOf(port.Name, port.Family, client)))
        .Where(client => client.Value >= most && port.Name.Protocol == TransportProtocol.Tcp)
        .ToDictionary();

    /// <summary>The source address of a process of this node: at a virtual IP, which the node has as its own, that IP itself.</summary>
    private static IPAddress OwnClientAt(ListenAddress address) =>
        address.Kind == ListenerKind.NodePort ? LoopbackOf(address.Address.AddressFamily) : address.Address;

    private static IPAddress LoopbackOf(AddressFamily family) => family == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback;

    /// <summary>Of the Service, and of its EndpointSlices.</summary>
    private static IEnumerable<TableIssue> IssuesOf(ServiceTable table, ServiceRef service) =>
        table.Issues.Where(issue => IsAbout(issue, service, table) || issue.Subject.StartsWith("Node ", StringComparison.Ordinal));

    /// <summary>Asked by <c>/v1/services</c>, too.</summary>
    internal static bool IsAbout(TableIssue issue, ServiceRef service, ServiceTable table) => IssueSubject.IsOf(
        issue.Subject, issue.Service, $"{service.Namespace}/{service.Name}",
        table.Ports.Where(port => port.Name.Namespace == service.Namespace).Select(port => $"{port.Name.Namespace}/{port.Name.Name}"));
}
