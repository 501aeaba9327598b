using UserProxy.App.CommandLine;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.App.Verify.Steps;

/// <summary>Is there such a Service, and does this proxy serve it?</summary>
internal static class ServiceExists
{
    private const string ProxyNameLabel = "service.kubernetes.io/service-proxy-name";

    public static Finding Of(VerifyFacts facts)
    {
        if (facts.Explained is { } explained)
        {
            string ports = string.Join(
                ", ", explained.Ports.Select(port => $"{port.Service.Protocol} {Shown.Port(port.Service)} ({port.Service.IpFamily})").Distinct());
            return Finding.Ok($"served here: {ports}", [.. explained.Issues.Select(issue => $"{issue.Subject}: {issue.Message} ({issue.Reason})")]);
        }

        if (WhyLeftOut(facts) is { } why) return Finding.Ok(why);
        var declared = facts.Declared.Service;
        string list = $"userproxy list -n {facts.Service.Namespace}";
        if (!declared.WereRead) return Finding.Failed(facts.NotServed!, list, declared.Unread!);
        if (declared.Items.Count == 0)
            return Finding.Failed(
                $"{facts.Declared.Source} declares no Service {facts.Service.Namespace}/{facts.Service.Name}",
                facts.Declared.IsOfManifests ? list : $"{facts.Kubectl} get services", facts.NotServed!);
        return declared.Items[0].Metadata.Labels?.GetValueOrDefault(ProxyNameLabel) is { } name
            ? Finding.Failed(
                $"it is labelled {ProxyNameLabel}: {name}, and so left to that proxy", $"{facts.Kubectl} get service {facts.Service.Name} --show-labels")
            : Finding.Failed(facts.NotServed!, list);
    }

    /// <summary>Of Services that have no address of their own, by what is declared; null for all others.</summary>
    public static string? WhyLeftOut(VerifyFacts facts)
    {
        if (facts.Explained is not null || facts.Declared.Service.Items.Count == 0) return null;
        var spec = facts.Declared.Service.Items[0].Spec ?? new WrittenServiceSpec();
        if (spec.Type == "ExternalName")
            return $"it is of type ExternalName: its DNS name leads to {spec.ExternalName ?? "another name"}, and no proxy serves it";
        return spec.ClusterIP == "None" ? "it is headless (clusterIP: None): its DNS name gives the Pods' own addresses, and no proxy serves it" : null;
    }
}
