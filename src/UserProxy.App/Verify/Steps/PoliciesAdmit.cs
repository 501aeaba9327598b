using System.Globalization;
using System.Net;
using System.Text.Json;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.App.Verify.Steps;

/// <summary>
/// Do NetworkPolicies that select the Service's Pods let in whom the Pods see: the client of <c>--from</c> where its address is kept, else this node? How a
/// network plugin takes them is its own matter: an endpoint that answers is let in, and most let a Pod's own node in whatever they say.
/// </summary>
internal static class PoliciesAdmit
{
    private const int MostNamed = 5;

    public static Finding Of(VerifyFacts facts)
    {
        if (facts.Declared.IsOfManifests) return Finding.NotAsked("the proxy serves manifests, which hold no NetworkPolicies");
        string kubectl = $"{facts.Kubectl} get networkpolicies -o yaml";
        var policies = facts.Declared.Policies;
        if (!policies.WereRead) return Finding.CannotBeSeen($"NetworkPolicies: {policies.Unread}", SelectorSelects.NeedsRight(kubectl));
        var binding = policies.Items.Where(policy => policy.Spec?.BindsIngress != false).ToList();
        if (binding.Count == 0) return Finding.Ok($"namespace {facts.Service.Namespace} has none for what comes in");
        if (!facts.Declared.Pods.WereRead)
            return Finding.CannotBeSeen($"which Pods NetworkPolicies select: {facts.Declared.Pods.Unread}", SelectorSelects.NeedsRight(kubectl));

        var kept = facts.Request.From is null ? facts.SeeingClients : facts.SeeingThisClient;
        var remarks = new List<string>();
        var shut = new List<(string Says, string Policy)>();
        foreach (var endpoint in facts.Ports.SelectMany(port => port.Service.Endpoints.Select(item => (Item: item, port.Service.Protocol))))
        {
            string address = Shown.Address(endpoint.Item);
            var client = kept.Contains(address) ? facts.Request.From : null;
            if ((client ?? facts.Sources.GetValueOrDefault(endpoint.Item.Address)) is not { } source
                || ShutOut(facts, endpoint.Item, endpoint.Protocol, source, binding) is not { } policy) continue;
            string says = $"{address}: NetworkPolicy {policy.Metadata.Name} lets nobody in from {source} "
                + (client is null ? "(this node)" : "(the client, whose address it sees)");
            if (client is not null)
            {
                shut.Add((says, policy.Metadata.Name!));
                continue;
            }

            var dial = facts.Dials.FirstOrDefault(dial => dial.Endpoint == address);
            if (dial?.Answered ?? endpoint.Item.State == HealthWords.Answering) remarks.Add($"{says}, and yet it answers: the network lets this node in");
            else if (endpoint.Item.Local && dial is null) remarks.Add($"{says}; it is on this node, which most networks let in whatever policies say");
            else shut.Add((says, policy.Metadata.Name!));
        }

        if (facts.Request.From is null && kept.Count > 0)
            remarks.Add($"{kept.First()} sees its clients' own addresses: --from CLIENT asks whether that one is let in");
        return shut.Count == 0
            ? Finding.Ok(facts.Request.From is not null && kept.Count > 0 ? "they let the client in" : "they let this node in", Bounded(remarks))
            : Finding.Failed(
                shut[0].Says, $"{facts.Kubectl} describe networkpolicy {shut[0].Policy}", Bounded([.. shut.Skip(1).Select(one => one.Says), .. remarks]));
    }

    /// <summary>One that selects the endpoint's Pod, when none that does lets this address in; else null.</summary>
    private static NetworkPolicyObject? ShutOut(
        VerifyFacts facts, EndpointItem endpoint, string protocol, IPAddress source, List<NetworkPolicyObject> policies)
    {
        if (facts.Declared.Pods.Items.FirstOrDefault(pod => pod.HasAddress(endpoint.Address)) is not { } pod) return null;
        var selecting = policies.FindAll(policy => policy.Spec?.PodSelector?.Selects(pod.Metadata.Labels) != false);
        bool admitted = selecting.Exists(policy => (policy.Spec?.Ingress ?? []).Any(
            rule => IsPeer(rule.From, source) && IsPort(rule.Ports, endpoint.Port, protocol, pod)));
        return admitted || selecting.Count == 0 ? null : selecting[0];
    }

    /// <summary>Pods and namespaces are let in by label, and a node is neither.</summary>
    private static bool IsPeer(IReadOnlyList<NetworkPolicyPeer>? peers, IPAddress source) =>
        peers is null or { Count: 0 } || peers.Any(peer =>
            peer.IPBlock is { Cidr: { } text } block && CidrBlock.TryParse(text, out var cidr) && cidr.Contains(source)
            && block.Except?.Any(part => CidrBlock.TryParse(part, out var left) && left.Contains(source)) != true);

    private static bool IsPort(IReadOnlyList<NetworkPolicyPort>? ports, int number, string protocol, PodObject pod) =>
        ports is null or { Count: 0 } || ports.Any(port => (port.Protocol ?? "TCP") == protocol && port.Port switch
        {
            null => true,
            { ValueKind: JsonValueKind.Number } one when one.TryGetInt32(out int first) => first <= number && number <= (port.EndPort ?? first),
            { ValueKind: JsonValueKind.String } named => IsNamed(named.GetString()!, number, protocol, pod),
            _ => true,
        });

    private static bool IsNamed(string name, int number, string protocol, PodObject pod) =>
        (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int written) && written == number)
        || (pod.Spec?.Containers ?? []).SelectMany(container => container.Ports ?? []).Any(
            port => port.Name == name && port.ContainerPort == number && (port.Protocol ?? "TCP") == protocol);

    private static List<string> Bounded(List<string> lines) =>
        lines.Count <= MostNamed ? lines : [.. lines.Take(MostNamed), $"and {lines.Count - MostNamed} more"];
}
