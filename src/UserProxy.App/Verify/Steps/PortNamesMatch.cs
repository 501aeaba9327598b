using System.Text.Json;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.App.Verify.Steps;

/// <summary>Has each port of the Service one of the same name and protocol in its EndpointSlices? A proxy goes by the name alone.</summary>
internal static class PortNamesMatch
{
    private const int MostNamed = 5;

    public static Finding Of(VerifyFacts facts)
    {
        if (!facts.Declared.Slices.WereRead)
            return facts.Ports.All(port => port.Endpoints.Count > 0)
                ? Finding.Ok("each port has endpoints")
                : Finding.CannotBeSeen(
                    $"the ports of its EndpointSlices: {facts.Declared.Slices.Unread}",
                    facts.Declared.IsOfManifests ? facts.Check
                        : $"give --kubeconfig FILE, or: {facts.Kubectl} get endpointslices -l {WellKnown.ServiceNameLabel}={facts.Service.Name} -o yaml");
        if (!facts.Declared.Slices.Items.Any(slice => slice.Endpoints?.Count > 0)) return Finding.NotAsked("no EndpointSlice has an endpoint to have a port");
        var missing = Missing(facts);
        if (missing.Count == 0)
        {
            var names = facts.Ports.Select(port => NameOf(port.Service.Port, port.Service.Protocol)).Distinct().ToList();
            return Finding.Ok($"the EndpointSlices have {string.Join(", ", names.Take(MostNamed))}{(names.Count > MostNamed ? " and more" : "")}");
        }

        var first = missing[0].Service;
        var have = PortsOf(facts, first.IpFamily).Distinct().Take(MostNamed).Select(port => NameOf(port.Name, port.Protocol)).ToList();
        return Finding.Failed(
            $"none of its EndpointSlices ({first.IpFamily}) has {NameOf(first.Port, first.Protocol)}; they have "
                + (have.Count == 0 ? "no port" : string.Join(", ", have)),
            StepOf(facts, first),
            [.. missing.SelectMany(port => TargetPort(facts, port.Service)).Distinct()]);
    }

    /// <summary>The author of a manifest writes both names. A controller takes the Service's, and leaves out a port that no Pod has.</summary>
    private static string StepOf(VerifyFacts facts, ServiceItem port)
    {
        string name = port.Port.Length == 0 ? "none" : port.Port;
        return facts.Declared.IsOfManifests
            ? facts.Mend ?? $"write the same ports[].name ({name}) and protocol ({port.Protocol}) into the Service and into its EndpointSlice ({facts.Written})"
            : $"{facts.Kubectl} get service {facts.Service.Name} -o yaml: does a container of its Pods declare its targetPort, with protocol {port.Protocol}?";
    }

    /// <summary>Ports that no slice has, though it has endpoints.</summary>
    public static IReadOnlyList<ExplainedPort> Missing(VerifyFacts facts) =>
        [.. facts.Ports.Where(port => !PortsOf(facts, port.Service.IpFamily).Contains((port.Service.Port, port.Service.Protocol)))];

    private static IEnumerable<(string Name, string Protocol)> PortsOf(VerifyFacts facts, string family) =>
        from slice in facts.Declared.Slices.Items
        where slice.AddressType == family && slice.Endpoints?.Count > 0
        from port in slice.Ports ?? []
        where port.Port > 0
        select (port.Name ?? "", port.Protocol ?? "TCP");

    /// <summary>A targetPort by name is in the slices when a container declares it.</summary>
    private static IEnumerable<string> TargetPort(VerifyFacts facts, ServiceItem port)
    {
        var written = facts.Declared.Service.Items.SelectMany(service => service.Spec?.Ports ?? []).FirstOrDefault(
            one => (one.Name ?? "") == port.Port && (one.Protocol ?? "TCP") == port.Protocol);
        if (written?.TargetPort is not { ValueKind: JsonValueKind.String } target || facts.Declared.Pods.Items.Count == 0) yield break;
        string name = target.GetString()!;
        if (facts.Declared.Pods.Items.Any(pod => Declares(pod, name))) yield break;
        var declared = facts.Declared.Pods.Items.SelectMany(NamesOf).Distinct().Take(MostNamed).ToList();
        yield return $"targetPort is {name}, and no container of its Pods declares a port of that name; they declare "
            + (declared.Count == 0 ? "none by name" : string.Join(", ", declared));
    }

    private static bool Declares(PodObject pod, string name) => NamesOf(pod).Contains(name);

    private static IEnumerable<string> NamesOf(PodObject pod) =>
        (pod.Spec?.Containers ?? []).SelectMany(container => container.Ports ?? []).Select(port => port.Name).OfType<string>();

    private static string NameOf(string name, string protocol) => $"{(name.Length == 0 ? "an unnamed port" : $"a port named {name}")} ({protocol})";
}
