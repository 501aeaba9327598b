using UserProxy.App.CommandLine;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.App.Verify.Steps;

/// <summary>Do the selector of the Service and the labels of Pods agree?</summary>
internal static class SelectorSelects
{
    private const int MostNamed = 3;

    public static Finding Of(VerifyFacts facts)
    {
        if (facts.Declared.IsOfManifests) return Finding.NotAsked("the proxy serves manifests, which hold no Pods to select");
        var service = facts.Declared.Service;
        string kubectl = $"{facts.Kubectl} get service {facts.Service.Name} -o wide";
        if (!service.WereRead) return Finding.CannotBeSeen($"the Service's selector: {service.Unread}", $"give --kubeconfig FILE, or: {kubectl}");
        if (service.Items.Count == 0) return Finding.NotAsked("there is no such Service");
        if (service.Items[0].Spec?.Selector is not { Count: > 0 } selector)
            return Finding.Ok("it has no selector: its EndpointSlices are written by somebody else than the cluster");
        string text = string.Join(',', selector.Select(label => $"{label.Key}={label.Value}"));
        var pods = facts.Declared.Pods;
        if (!pods.WereRead)
            return Finding.CannotBeSeen($"the Pods with {text}: {pods.Unread}", NeedsRight($"{facts.Kubectl} get pods -l {text}"));
        return pods.Items.Count > 0
            ? Finding.Ok($"{text} selects {Amount.Of(pods.Items.Count, "Pod")}")
            : Finding.Failed(
                $"no Pod of namespace {facts.Service.Namespace} has {text}, which the Service selects", $"{facts.Kubectl} get pods --show-labels",
                [.. Nearest(selector, facts.Declared.OtherPods)]);
    }

    /// <summary>How to let the step see, or to look without it.</summary>
    public static string NeedsRight(string command) =>
        $"give --kubeconfig FILE with the right to list them (or rbac.verify of the chart), or: {command}";

    /// <summary>Pods that have the most of it: there the mistake is likely.</summary>
    private static IEnumerable<string> Nearest(IReadOnlyDictionary<string, string> selector, IReadOnlyList<PodObject> pods)
    {
        if (pods.Count == 0) yield return "the namespace has no Pods";
        var near = pods.OrderByDescending(pod => selector.Count(label => pod.Metadata.Labels?.GetValueOrDefault(label.Key) == label.Value))
            .ThenByDescending(pod => selector.Keys.Count(key => pod.Metadata.Labels?.ContainsKey(key) == true));
        foreach (var pod in near.Take(MostNamed))
        {
            var differing = selector.Where(label => pod.Metadata.Labels?.GetValueOrDefault(label.Key) != label.Value).Select(
                label => pod.Metadata.Labels?.GetValueOrDefault(label.Key) is { } value ? $"{label.Key}={value}" : $"no label {label.Key}");
            yield return $"Pod {pod.Metadata.Name} has {string.Join(", ", differing)}";
        }
    }
}
