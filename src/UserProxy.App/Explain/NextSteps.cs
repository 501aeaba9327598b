using System.Net;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Kubernetes.Building;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Scheduling;

namespace UserProxy.App.Explain;

/// <summary>What a person could do about a Service port that does not serve as it could: the fault first, then the command or field to look at.</summary>
internal static class NextSteps
{
    private const int MostFaults = 3;

    public static IReadOnlyList<string> Of(ServicePort declared, ServiceReading now, IReadOnlyList<ExplainableEndpoint> endpoints, OwnNode node,
        IReadOnlyList<IssueItem> faults) =>
    [
        .. OfListeners(declared, now),
        .. OfEndpoints(declared, endpoints, faults),
        .. OfPolicies(declared, node),
    ];

    public static string OfClientLimit(ServicePort declared, IPAddress client, int open) =>
        $"{Amount.Of(open, "connection")} of {client} {(open == 1 ? "is" : "are")} open and userproxy.io/max-connections-per-client is "
            + $"{declared.Settings.MaxConnectionsPerClient}: "
        + $"userproxy connections --service {declared.Name.Namespace}/{declared.Name.Name} --client {client} shows them; raise it if many clients come from "
        + "one address (NAT)";

    private static IEnumerable<string> OfListeners(ServicePort declared, ServiceReading now)
    {
        if (ServiceDiagnosis.WhyNoAddress(declared) is { } nowhere) yield return nowhere;

        foreach (string step in declared.NotServed.Where(ServiceDiagnosis.IsTaken).Select(StepFor).Distinct()) yield return step;

        string udp = declared.Name.Protocol == TransportProtocol.Udp ? " --udp" : "";
        foreach (var listener in now.Listeners.Where(listener => listener.State == ListenerState.Failed && !BindFailure.IsLeft(listener.Reason)))
            yield return $"{listener.Address} cannot be bound ({listener.Reason}): {StepFor(listener, udp)}";

        foreach (var listener in now.Listeners.Where(IsInPart))
            yield return $"{listener.Address} is not served as a whole ({listener.Reason}): {StepFor(listener, udp)}";

        if (declared.Name.Protocol == TransportProtocol.Tcp && now.ActiveConnections >= declared.Settings.MaxConnections)
            yield return $"{now.ActiveConnections} connections are open and userproxy.io/max-connections is {declared.Settings.MaxConnections}: userproxy "
                + $"connections --service {declared.Name.Namespace}/{declared.Name.Name} shows whose";
    }

    /// <summary>Of an address that another Service port has.</summary>
    private static string StepFor(UnservedAddress taken) => taken.Address.Kind == ListenerKind.NodePort
        ? $"give it another nodePort than {taken.Address.Port}: {taken.Because}"
        : $"give it another address or port than {taken.Address}: {taken.Because}";

    /// <summary>Who has the port is left to <c>inspect</c> where the proxy does not know, or does not see it.</summary>
    private static string StepFor(ListenerReading listener, string udp)
    {
        int port = listener.Address.Port;
        string look = $"userproxy inspect {port}{udp} says who has the port";
        return BindFailure.StepFor(listener.Reason, listener.Cure, port) is not { } step ? look
            : BindFailure.IsHolderUnseen(listener.Reason) ? $"{look}; {step}"
            : step;
    }

    /// <summary>Another process has the port at some address. Other reasons are policies.</summary>
    private static bool IsInPart(ListenerReading listener) =>
        listener.State == ListenerState.Listening && BindFailure.IsTaken(listener.Reason) && !BindFailure.IsLeft(listener.Reason);

    private static IEnumerable<string> OfEndpoints(
        ServicePort declared, IReadOnlyList<ExplainableEndpoint> endpoints, IReadOnlyList<IssueItem> faults)
    {
        var name = declared.Name;
        if (declared.NoEndpointsBecause is { } reason)
        {
            // The endpoint may be written there, in a field that is not read.
            var written = faults.Where(fault => fault.Place is not null && WrittenFault.MayHideEndpoints(fault)).Take(MostFaults).ToList();
            foreach (var fault in written) yield return WrittenFault.StepOf(fault);
            if (written.Exists(WrittenFault.IsOfSlice)) yield break;
            yield return declared.Manifest is { } manifest
                ? $"{reason}: mend its EndpointSlice, or write one beside the Service, which is in {manifest}; userproxy check finds mistakes in manifests"
                : $"{reason}: kubectl -n {name.Namespace} get endpointslices -l {WellKnown.ServiceNameLabel}={name.Name} -o yaml";
            yield break;
        }

        if (!declared.HasEndpoints)
            yield return declared.Manifest is { } file
                ? $"{NoneReady(endpoints.Count)}: with manifests nobody probes, conditions.ready of the EndpointSlice says it (the Service is in {file})"
                : $"{NoneReady(endpoints.Count)}: kubectl -n {name.Namespace} get pods -o wide shows whose readiness probe fails";

        foreach (var own in endpoints.Where(endpoint => endpoint.LeadsBack))
            yield return $"{own.Reading.Endpoint.Key} is a listener of this proxy itself: the EndpointSlice has to give the address of what serves";

        int refused = endpoints.Count(endpoint => endpoint is { Refusal: not null, LeadsBack: false });
        if (refused > 0)
            yield return $"{Amount.Of(refused, "endpoint")} must not be dialled: whoever writes the EndpointSlice has to give the address of a Pod "
                + "(--allow-loopback-endpoints is for nodes whose owner writes the slices)";

        foreach (string step in OfFailing(declared, [.. endpoints.Select(endpoint => endpoint.Reading).Where(reading => reading.Used)])) yield return step;
    }

    private static string NoneReady(int endpoints) => Amount.NoneOf(endpoints, "endpoint", "is ready", "is not ready");

    /// <summary>One of each kind of failure stands for all.</summary>
    private static IEnumerable<string> OfFailing(ServicePort declared, List<EndpointReading> used)
    {
        var failing = used.Where(reading => reading.Health is EndpointHealth.Failing or EndpointHealth.Aside).ToList();
        string last = $"its last {EndpointWords.Dial(declared.Name.Protocol)}";
        if (failing.Count > 0 && failing.Count == used.Count && !failing.Exists(reading => reading.AnswersOthers))
            yield return $"{Amount.NoneOf(used.Count, "endpoint", $"answered {last}", $"did not answer {last}")}: "
                + $"{(declared.Name.Protocol == TransportProtocol.Udp ? "no client gets an answer" : "every connection is reset")} until "
                + (used.Count == 1 ? "it does" : "one does");
        foreach (var reading in failing.DistinctBy(reading => reading.LastDial))
            yield return $"{reading.Endpoint.Key} {StepFor(reading, declared)}";
    }

    private static string StepFor(EndpointReading reading, ServicePort declared)
    {
        int port = reading.Endpoint.Port;
        bool isUdp = declared.Name.Protocol == TransportProtocol.Udp;
        string ago = EndpointWords.Ago(reading), last = $"last {EndpointWords.Dial(declared.Name.Protocol)}";
        string inspect = $"userproxy inspect {port} --address {reading.Endpoint.Address}";
        if (reading is { AnswersOthers: true, LastDial: not LastDial.LocalFault }) return StepForSomeClients(reading);
        if (isUdp && reading.LastDial == LastDial.Refused) return StepForPort(declared, port, inspect, ago);
        return (reading.LastDial, declared.Manifest) switch
        {
            (LastDial.LocalFault, _) =>
                $"{(isUdp ? "nothing could be sent to it" : "could not be dialled")} from this node{ago}: the log says what it is short "
                + "of (ports, descriptors, a permission)",
            (LastDial.Loop, _) => "leads back to this proxy: the EndpointSlice has to give the address of what serves",
            (LastDial.Refused, { } manifest) => $"refused its {last}{ago}: does anything listen there ({inspect})? Start it, or take it out of "
                + manifest,
            (_, { } manifest) => $"did not answer its {last}{ago}: is the host up, and does no firewall drop what comes from here? It is in {manifest}",
            (LastDial.TimedOut or LastDial.Unreachable, _) => $"is ready and did not answer its {last}{ago}: does a NetworkPolicy let this node in, and is "
                + $"the network to its node up (kubectl -n {declared.Name.Namespace} get pods -o wide)?",
            _ => $"is ready and refused its {last}{ago}: does the Pod listen on port {port} on all its addresses, and does a NetworkPolicy let this node "
                + "in?",
        };
    }

    /// <summary>It listens, as those others show.</summary>
    private static string StepForSomeClients(EndpointReading reading) => reading.FailsClients
        ? "fails what leaves with a client's address and answers what leaves with this node's: does a NetworkPolicy, or a firewall on its host, let these "
            + "clients in?"
        : "fails what leaves with this node's address and answers what leaves with a client's: does a NetworkPolicy, or a firewall on its host, let this "
            + "node in?";

    /// <summary>A host that says by ICMP that nobody listens there.</summary>
    private static string StepForPort(ServicePort declared, int port, string inspect, string ago) => declared.Manifest is { } manifest
        ? $"answered \"{HealthWords.PortUnreachable}\"{ago}: does anything listen there ({inspect} --udp)? Start it, or take it out of "
            + manifest
        : $"is ready and answered \"{HealthWords.PortUnreachable}\"{ago}: does the Pod listen on UDP port {port} on all its addresses, and does a "
            + "NetworkPolicy let this node in?";

    private static IEnumerable<string> OfPolicies(ServicePort declared, OwnNode node)
    {
        if (!declared.HasEndpoints || declared.LocalEndpoints.Count > 0) yield break;
        string here = node.Name.Length == 0 ? "this node" : $"node {node.Name}";
        var kinds = declared.Listeners.Select(listener => listener.Kind).ToHashSet();
        if (declared.ExternalPolicy == TrafficPolicy.Local && kinds.Any(kind => kind != ListenerKind.ClusterIP))
            yield return $"no endpoint is on {here}, and externalTrafficPolicy is Local: load balancers learn that from healthCheckNodePort; other clients "
                + "need a node with an endpoint, or externalTrafficPolicy: Cluster";
        if (declared.InternalPolicy == TrafficPolicy.Local && kinds.Contains(ListenerKind.ClusterIP))
            yield return $"no endpoint is on {here}, and internalTrafficPolicy is Local: run one here (a DaemonSet), or set internalTrafficPolicy: Cluster";
    }
}
