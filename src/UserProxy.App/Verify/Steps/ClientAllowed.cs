using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Model;
using UserProxy.Policy;

namespace UserProxy.App.Verify.Steps;

/// <summary>
/// Do traffic policies, source ranges and limits let the client in? The running scheduler says so, by <c>explain</c>. Without <c>--from</c> the client is a
/// process of this node, which need not get in everywhere.
/// </summary>
internal static class ClientAllowed
{
    public static Finding Of(VerifyFacts facts)
    {
        var explained = facts.ForClient ?? facts.Explained!;
        string next = $"userproxy explain {facts.Service}{(facts.Request.From is { } from ? $" --from {from}" : "")}";
        string who = facts.Request.From is { } client ? $"{client}" : "a process of this node";
        if (explained.Ports.Count == 0) return Finding.Failed($"the Service has no address of the family of {who}", next);
        if (explained.Ports.FirstOrDefault(ServesNobodyOutside) is { } shut)
            return Finding.Failed(
                $"{facts.Of(shut.Service)}externalTrafficPolicy is Local, and "
                    + Amount.NoneOf(shut.Service.Endpoints.Count, "endpoint", "has a nodeName", "has no nodeName")
                    + ": no node serves clients from outside",
                facts.Declared.IsOfManifests
                    ? $"write nodeName of its endpoints into the EndpointSlice, or set externalTrafficPolicy: Cluster ({facts.Written})"
                    : $"set externalTrafficPolicy: Cluster, or write nodeName of its endpoints: {facts.Kubectl} edit service {facts.Service.Name}");
        // What cannot be bound is the listeners' matter.
        var addresses = explained.Ports.SelectMany(port => port.Addresses.Select(address => (Port: port, Address: address))).Where(
            one => one.Address.State != nameof(ListenerState.Failed)).ToList();
        if (addresses.Count == 0) return Finding.NotAsked("no address is served");
        var refused = addresses.Where(one => one.Address.NextEndpoint is null).ToList();
        var all = addresses.ConvertAll(one => $"{facts.Of(one.Port.Service)}to {one.Address.Address} ({one.Address.Kind}) {one.Address.Says}");
        // Others than the client may meet something else.
        var others = addresses.Zip(all).Where(one => one.First.Address.State != nameof(ListenerState.Listening) || refused.Contains(one.First)).Select(
            one => one.Second).ToList();
        bool isShutOut = facts.Request.From is null ? refused.Count == addresses.Count : refused.Count > 0;
        // Rules of the kernel are another step's.
        string well = facts.Request.From is null
            ? $"{who} is let in{(refused.Count > 0 ? " at some addresses" : "")}"
            : $"the Service's policies and source ranges let {who} in";
        if (!isShutOut) return Finding.Ok(well, others) with { Details = all };
        var (first, at) = refused[0];
        string step = first.NextSteps.FirstOrDefault(IsOfPolicy) ?? next;
        string what = first.Service.Protocol == "UDP" ? "a datagram" : "a connection";
        return Finding.Failed($"{facts.Of(first.Service)}{what} of {who} to {at.Address} ({at.Kind}) {at.Says}", step, all);
    }

    /// <summary>On this node and on any other.</summary>
    private static bool ServesNobodyOutside(ExplainedPort port) =>
        port.Service.ExternalTrafficPolicy == "Local" && port.Service.Listeners.Any(listener => listener.Kind != nameof(ListenerKind.ClusterIP))
        && port.Service.Endpoints.Count > 0 && port.Service.Endpoints.All(endpoint => string.IsNullOrEmpty(endpoint.NodeName) && !endpoint.Local);

    private static bool IsOfPolicy(string step) =>
        step.Contains("TrafficPolicy", StringComparison.Ordinal) || step.Contains("max-connections", StringComparison.Ordinal);
}
