using UserProxy.App.CommandLine;

namespace UserProxy.App.Verify.Steps;

/// <summary>Are there EndpointSlices for the Service, of each address family that it has, and does the proxy know them?</summary>
internal static class SlicesThere
{
    public static Finding Of(VerifyFacts facts)
    {
        int known = facts.Ports.Sum(port => port.Endpoints.Count);
        var slices = facts.Declared.Slices;
        string look = $"{facts.Kubectl} get endpointslices -l kubernetes.io/service-name={facts.Service.Name} -o yaml";
        if (!slices.WereRead)
        {
            if (known > 0) return Finding.Ok($"the proxy has {Amount.Of(known, "endpoint")} from them");
            var empty = facts.Ports.FirstOrDefault(port => port.NextSteps.Count > 0);
            return Finding.Failed("the proxy has no endpoint for it", look, [.. empty?.NextSteps ?? []]);
        }

        if (facts.Declared.IsOfManifests)
            look = $"write an EndpointSlice with that label and the addressType of each of its families beside the Service ({facts.Declared.Source})";
        if (slices.Items.Count == 0)
            return Finding.Failed(
                $"no EndpointSlice of namespace {facts.Service.Namespace} has the label kubernetes.io/service-name={facts.Service.Name}",
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
                $"{says}, and the proxy has none of them", "userproxy runbook UserProxyWatchStale",
                [.. facts.Explained!.Issues.Select(issue => $"{issue.Subject}: {issue.Message} ({issue.Reason})")])
            : Finding.Ok(says);
    }
}
