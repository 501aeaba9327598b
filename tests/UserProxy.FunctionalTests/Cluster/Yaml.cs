using System.Globalization;
using System.Net;

namespace UserProxy.FunctionalTests.Cluster;

/// <summary>The Kubernetes objects that the cases need, as text.</summary>
internal static class Yaml
{
    /// <param name="name">In the namespace default.</param>
    /// <param name="spec">The lines of its spec, not indented.</param>
    /// <param name="status">The lines of its status.</param>
    /// <param name="annotations">The lines of its annotations.</param>
    public static string Service(string name, string spec, string status = "{}", string annotations = "{}") => $"""
        apiVersion: v1
        kind: Service
        metadata:
          name: {name}
          namespace: default
          annotations:
        {Indent(annotations, 4)}
        spec:
        {Indent(spec, 2)}
        status:
        {Indent(status, 2)}
        ---

        """;

    /// <summary>A slice of ready endpoints.</summary>
    public static string Slice(string name, string service, params Pod[] pods) => Slice(name, service, "", pods);

    public static string Slice(string name, string service, string portName, params Pod[] pods) => Slice(name, service, "IPv4", portName, pods);

    public static string Slice(string name, string service, string family, string portName, params Pod[] pods) => Slice(
        name,
        service,
        family,
        $"[{{name: \"{portName}\", port: {Pod.Port.ToString(CultureInfo.InvariantCulture)}}}]",
        pods.Select(pod => Endpoint(family == "IPv6" ? pod.Host.Address6 : pod.Host.Address, pod.Node)));

    /// <param name="name">In the namespace default.</param>
    /// <param name="service">Whose it is.</param>
    /// <param name="family">IPv4 or IPv6.</param>
    /// <param name="ports">A flow sequence.</param>
    /// <param name="endpoints">Each as <see cref="Endpoint"/> makes it.</param>
    public static string Slice(string name, string service, string family, string ports, IEnumerable<string> endpoints) => $"""
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata:
          name: {name}
          namespace: default
          labels:
            kubernetes.io/service-name: {service}
        addressType: {family}
        ports: {ports}
        endpoints: [{string.Join(", ", endpoints)}]
        ---

        """;

    public static string Node(string name, string address, string podCidr) => $$"""
        apiVersion: v1
        kind: Node
        metadata:
          name: {{name}}
          labels:
            topology.kubernetes.io/zone: zone-{{name}}
        spec:
          podCIDRs: ["{{podCidr}}"]
        status:
          addresses:
            - type: InternalIP
              address: {{address}}
        ---

        """;

    public static string Endpoint(IPAddress address, string node, string conditions = "ready: true") =>
        $"{{addresses: [\"{address}\"], nodeName: {node}, conditions: {{{conditions}}}}}";

    /// <summary>An endpoint of a slice made by hand: of no node, and of the Pod that is named, if any.</summary>
    public static string EndpointOf(IPAddress address, string? pod) =>
        $"{{addresses: [\"{address}\"]{(pod is null ? "" : $", targetRef: {{kind: Pod, name: {pod}}}")}}}";

    private static string Indent(string text, int by) => string.Join('\n', text.Split('\n').Select(line => new string(' ', by) + line));
}
