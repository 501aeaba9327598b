using UserProxy.App.CommandLine;
using UserProxy.App.Explain;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Objects;
using UserProxy.Policy;

namespace UserProxy.App.Verify.Steps;

/// <summary>Is there such a Service, and does this proxy serve it?</summary>
internal static class ServiceExists
{
    public static Finding Of(VerifyFacts facts)
    {
        if (facts.Explained is { } explained)
        {
            var notes = explained.Issues.Select(issue => $"{issue.Subject}: {issue.Message} ({issue.Reason})").ToList();
            if (IsOutdated(facts, explained, notes) is { } outdated) return outdated;
            if (WrittenFault.In(explained.Issues).FirstOrDefault(IsMistake) is { } mistake)
                return Finding.Failed(
                    $"{mistake.Subject}: {mistake.Message}", StepOf(facts, mistake), [.. notes.Where((_, at) => explained.Issues[at] != mistake)]);
            var served = explained.Ports.Where(port => port.Service.Listeners.Count > 0).ToList();
            return Finding.Ok(
                served.Count > 0 ? $"{(served.TrueForAll(CannotBeBound) ? "to be served here" : "served here")}: {PortsOf(served)}"
                    : explained.Ports.Count > 0 ? $"it is declared, and no address of it is served here: {PortsOf(explained.Ports)}"
                    : "it is declared", notes);
        }

        if (WhyLeftOut(facts) is { } why) return Finding.Ok(why);
        var declared = facts.Declared.Service;
        string list = $"userproxy list -n {facts.Service.Namespace}";
        if (!declared.WereRead) return Finding.Failed(facts.NotServed!, facts.Declared.IsOfManifests ? facts.Check : list, declared.Unread!);
        if (declared.Items.Count == 0)
            return Finding.Failed(
                $"{facts.Declared.Source} declares no Service {facts.Service.Namespace}/{facts.Service.Name}",
                facts.Declared.IsOfManifests ? list : $"{facts.Kubectl} get services", facts.NotServed!);
        return declared.Items[0].Metadata.Labels?.GetValueOrDefault(WellKnown.ServiceProxyNameLabel) is { } name
            ? Finding.Failed(
                $"it is labelled {WellKnown.ServiceProxyNameLabel}: {name}, and so left to that proxy",
                $"{facts.Kubectl} get service {facts.Service.Name} --show-labels")
            : Finding.Failed(facts.NotServed!, facts.Declared.IsOfManifests ? facts.Check : list);
    }

    private static string PortsOf(IEnumerable<ExplainedPort> ports) => string.Join(
        ", ", ports.Select(port => $"{port.Service.Protocol} {Shown.Port(port.Service)} ({port.Service.IpFamily})").Distinct());

    private static bool CannotBeBound(ExplainedPort port) => port.Service.Listeners.All(listener => listener.State == nameof(ListenerState.Failed));

    /// <summary>What cannot be read at all is told as what is outdated, and a slice without its label by the step that looks for slices.</summary>
    private static bool IsMistake(IssueItem issue) =>
        WrittenFault.IsFault(issue) && issue.Reason is not (IssueReasons.InvalidObject or IssueReasons.MissingServiceName);

    private static string StepOf(VerifyFacts facts, IssueItem mistake) => facts.Declared.IsOfManifests ? facts.MendOf(mistake)
        : mistake.Subject.StartsWith("EndpointSlice ", StringComparison.Ordinal)
            ? $"{facts.Kubectl} get endpointslices -l {WellKnown.ServiceNameLabel}={facts.Service.Name} -o yaml"
            : $"{facts.Kubectl} edit service {facts.Service.Name}";

    /// <summary>What is served is not what its author has written last, or may not be.</summary>
    private static Finding? IsOutdated(VerifyFacts facts, Explanation explained, IReadOnlyList<string> notes)
    {
        bool isOfManifests = facts.Declared.IsOfManifests;
        bool isFound = facts.Declared.Service is { WereRead: true, Items.Count: > 0 };
        if (explained.Issues.FirstOrDefault(IsOfDeclaration) is { } fault)
            return Finding.Failed(
                $"{fault.Message}; {(isOfManifests && !isFound ? "what it said before is still served" : "it is not served as written")}",
                isOfManifests ? facts.Mend ?? facts.MendOf(fault) : $"{facts.Kubectl} get service {facts.Service.Name} -o yaml", notes);
        if (explained.SourceTrouble is not { } trouble) return null;
        if (!isOfManifests)
            return Finding.CannotBeSeen($"whether it is still declared so, as what is served is an older state: {trouble.Message}", "userproxy status", notes);
        // The trouble is with another file.
        if (isFound && facts.Declared.Slices is { WereRead: true, Items.Count: > 0 }) return null;
        bool isSaid = trouble.Message.Contains("still served", StringComparison.Ordinal);
        return Finding.Failed($"{trouble.Message.TrimEnd('.')}{(isSaid ? "" : "; what it said before is still served")}", facts.Check, notes);
    }

    private static bool IsOfDeclaration(IssueItem issue) =>
        issue.Reason == IssueReasons.InvalidObject && !issue.Subject.StartsWith("Node ", StringComparison.Ordinal);

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
