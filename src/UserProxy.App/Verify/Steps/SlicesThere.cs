using UserProxy.App.CommandLine;
using UserProxy.Kubernetes.Building;

namespace UserProxy.App.Verify.Steps;

/// <summary>Are there EndpointSlices for the Service, of each address family that it has, and does the proxy know them?</summary>
internal static class SlicesThere
{
    public static Finding Of(VerifyFacts facts)
    {
        int known = facts.Ports.Sum(port => port.Endpoints.Count);
        var slices = facts.Declared.Slices;
        string slicesOf = $"{facts.Kubectl} get endpointslices -l {WellKnown.ServiceNameLabel}={facts.Service.Name} -o yaml", look = slicesOf;
        if (!slices.WereRead)
        {
            if (known > 0) return Finding.Ok($"the proxy has {Amount.Of(known, "endpoint")} from them");
            if (facts.Declared.IsOfManifests) look = facts.Mend ?? facts.Check;
            var empty = facts.Ports.FirstOrDefault(port => port.NextSteps.Count > 0);
            return Finding.Failed("the proxy has no endpoint for it", look, [.. empty?.NextSteps ?? []]);
        }

        if (facts.Declared.IsOfManifests)
            look = facts.Mend ?? $"write an EndpointSlice with that label and the addressType of each of its families beside the Service ({facts.Written})";
        if (slices.Items.Count == 0)
            return Finding.Failed(
                $"no EndpointSlice of namespace {facts.Service.Namespace} has the label {WellKnown.ServiceNameLabel}={facts.Service.Name}",
                look);
        foreach (string family in facts.Ports.Select(port => port.Service.IpFamily).Distinct())
        {
            if (!slices.Items.Any(slice => slice.AddressType == family))
                return Finding.Failed(
                    $"the Service has {family} addresses, and "
                        + Amount.NoneOf(slices.Items.Count, "EndpointSlice", $"has addressType {family}", $"does not have addressType {family}"), look);
        }

        int declared = slices.Items.Sum(slice => slice.Endpoints?.Count ?? 0);
        string says = $"{Amount.Of(slices.Items.Count, "EndpointSlice")} with {Amount.Of(declared, "endpoint")}";
        return known == 0 && declared > 0 && PortNamesMatch.Missing(facts).Count == 0
            ? Finding.Failed(
                $"{says}, and the proxy has none of them", StepOf(facts, slicesOf),
                [.. facts.Explained!.Issues.Select(issue => $"{issue.Subject}: {issue.Message} ({issue.Reason})")])
            : Finding.Ok(says);
    }

    /// <summary>What is written may not be usable. An API server may not be followed; files are.</summary>
    private static string StepOf(VerifyFacts facts, string slicesOf) =>
        facts.Declared.IsOfManifests ? facts.Mend ?? facts.Check
        : facts.Explained!.Issues.Any(issue => issue.Subject.StartsWith("EndpointSlice ", StringComparison.Ordinal)) ? slicesOf
        : "userproxy runbook UserProxyWatchStale";
}
