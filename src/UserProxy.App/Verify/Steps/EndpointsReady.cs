using UserProxy.App.CommandLine;
using UserProxy.App.Explain;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.App.Verify.Steps;

/// <summary>May connections go to an endpoint of each port, and why not to the others, by the conditions of their Pods where those may be read?</summary>
internal static class EndpointsReady
{
    private const int MostNamed = 5;

    public static Finding Of(VerifyFacts facts)
    {
        var evidence = new List<string>();
        ExplainedPort? without = null;
        var counts = new List<(int Usable, int All)>();
        foreach (var port in facts.Ports)
        {
            var items = port.Service.Endpoints.ToDictionary(endpoint => Shown.Address(endpoint));
            var ready = port.Endpoints.Where(endpoint => IsUsable(endpoint, items.GetValueOrDefault(endpoint.Endpoint))).ToList();
            counts.Add((ready.Count, port.Endpoints.Count));
            if (ready.Count == 0) without ??= port;
            evidence.AddRange(port.Endpoints.Except(ready).Select(endpoint => $"{facts.Of(port.Service)}{Describe(facts, endpoint, items)}"));
        }

        if (without is null) return Finding.Ok(CountOf(facts, counts), Bounded(evidence));
        var pods = facts.Declared.Pods.Items;
        if (without.Endpoints.Count == 0)
            evidence.AddRange(pods.Select(pod => $"Pod {pod.Metadata.Name} has no endpoint: {WhyNotReady(pod) ?? "it is ready"}"));
        string first = pods.FirstOrDefault(pod => WhyNotReady(pod) is not null)?.Metadata.Name is { } name
            ? $"{facts.Kubectl} describe pod {name}"
            : StepOf(facts, without);
        string says = without.Endpoints.Count == 0 ? "it has no endpoint"
            : Amount.NoneOf(without.Endpoints.Count, "endpoint", "may be used", "may not be used");
        if (!facts.Declared.Pods.WereRead && !facts.Declared.IsOfManifests) evidence.Add($"the Pods' conditions cannot be seen: {facts.Declared.Pods.Unread}");
        return Finding.Failed($"{facts.Of(without.Service)}{says}", first, Bounded(evidence));
    }

    /// <summary>Of each port, as <c>list</c> counts them: one endpoint is behind each port of a Service.</summary>
    private static string CountOf(VerifyFacts facts, List<(int Usable, int All)> counts) => counts.Distinct().Count() == 1
        ? $"{Of(counts[0])}{(counts.Count > 1 ? $" of each of {Amount.Of(counts.Count, "port")}" : "")}"
        : string.Join("; ", facts.Ports.Zip(counts).Take(MostNamed).Select(port => $"{facts.Of(port.First.Service)}{Of(port.Second)}"))
            + (counts.Count > MostNamed ? $"; and {Amount.Of(counts.Count - MostNamed, "more port")}" : "");

    private static string Of((int Usable, int All) count) => $"{count.Usable} of {Amount.Of(count.All, "endpoint")}";

    private static string StepOf(VerifyFacts facts, ExplainedPort port)
    {
        if (port.Endpoints.All(endpoint => endpoint.Refusal?.EndsWith(ExplainableEndpoint.WouldLeadBack, StringComparison.Ordinal) is true)
            && port.Endpoints.Count > 0)
            return $"give the address of what serves in its EndpointSlice: this one is a listener of the proxy itself ({facts.Written})";
        if (port.Endpoints.Any(endpoint => endpoint.Refusal is not null))
            return "give the addresses of Pods in its EndpointSlice, or start run with --allow-loopback-endpoints if they are this node's own on purpose";
        if (!facts.Declared.IsOfManifests) return $"{facts.Kubectl} get pods -o wide";
        return port.Endpoints.Count == 0
            ? facts.Mend ?? $"write an endpoint into the EndpointSlice of {facts.Service.Namespace}/{facts.Service.Name} ({facts.Written})"
            : $"set conditions.ready of an endpoint to true in the EndpointSlice of {facts.Service.Namespace}/{facts.Service.Name} ({facts.Written})";
    }

    /// <summary>Ready, or used though it terminates. Whom a policy or a failed dial keeps from it is another step's.</summary>
    private static bool IsUsable(ExplainedEndpoint endpoint, EndpointItem? item) =>
        endpoint.Refusal is null && (endpoint.Used || endpoint.State == HealthWords.Aside || item?.Ready == true);

    private static string Describe(VerifyFacts facts, ExplainedEndpoint endpoint, Dictionary<string, EndpointItem> items)
    {
        var pod = items.TryGetValue(endpoint.Endpoint, out var item) ? facts.Declared.Pods.Items.FirstOrDefault(pod => pod.HasAddress(item.Address)) : null;
        string why = pod is null ? "" : $"; Pod {pod.Metadata.Name}: {WhyNotReady(pod) ?? "is ready"}";
        return $"{endpoint.Endpoint}: {endpoint.Says}{why}";
    }

    /// <summary>Null for one that is ready.</summary>
    private static string? WhyNotReady(PodObject pod)
    {
        if (pod.Metadata.DeletionTimestamp is not null) return "it is being deleted";
        if (pod.Status?.Phase is "Succeeded" or "Failed") return $"it has ended (phase {pod.Status.Phase})";
        var waiting = (pod.Status?.ContainerStatuses ?? []).FirstOrDefault(container => container.State?.Waiting?.Reason is not null);
        var condition = (pod.Status?.Conditions ?? []).FirstOrDefault(one => one is { Type: "PodScheduled" or "Initialized", Status: not "True" })
            ?? (pod.Status?.Conditions ?? []).FirstOrDefault(one => one is { Status: not "True", Type: not null });
        if (waiting is not null)
            return $"container {waiting.Name} waits: {waiting.State!.Waiting!.Reason}, {Amount.Of(waiting.RestartCount, "restart")}";
        return condition is null ? null : $"{condition.Type} is {condition.Status}{(condition.Reason is null ? "" : $" ({condition.Reason})")}"
            + (string.IsNullOrEmpty(condition.Message) ? "" : $": {condition.Message}");
    }

    private static List<string> Bounded(List<string> lines) =>
        lines.Count <= MostNamed ? lines : [.. lines.Take(MostNamed), $"and {lines.Count - MostNamed} more"];
}
