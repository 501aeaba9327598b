using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using UserProxy.Kubernetes.Manifests;
using UserProxy.Kubernetes.Objects;
using UserProxy.Kubernetes.Tests.Manifests;

namespace UserProxy.Kubernetes.Tests.Client;

/// <summary>The API's JSON, and a manifest of the same text with the types of YAML checked before: every field must arrive by both.</summary>
public sealed class ApiJsonTests
{
    private const string Service = """
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"shop","labels":{"a":"b"},"annotations":{"userproxy.io/scheduler":"lc"}},
         "spec":{"type":"LoadBalancer","clusterIP":"10.96.0.1","clusterIPs":["10.96.0.1","fd00::1"],"ipFamilies":["IPv4","IPv6"],"externalTrafficPolicy":"Local",
                 "internalTrafficPolicy":"Local","sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":7}},"externalIPs":["198.51.100.1"],
                 "loadBalancerSourceRanges":["10.0.0.0/8"],"healthCheckNodePort":31000,"ports":[{"name":"http","protocol":"TCP","port":80,"nodePort":30080}]},
         "status":{"loadBalancer":{"ingress":[{"ip":"203.0.113.1","ipMode":"VIP"}]}}}
        """;

    private const string Slice = """
        {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"web-1","namespace":"shop","labels":{"kubernetes.io/service-name":"web"}},"addressType":"IPv4",
         "ports":[{"name":"http","protocol":"TCP","port":8080}],
         "endpoints":[{"addresses":["10.1.0.1"],"conditions":{"ready":false,"serving":true,"terminating":true},"nodeName":"n","zone":"z",
                       "hints":{"forZones":[{"name":"z"}],"forNodes":[{"name":"n"}]}}]}
        """;

    private const string Node = """
        {"apiVersion":"v1","kind":"Node","metadata":{"name":"n","labels":{"topology.kubernetes.io/zone":"z"},"deletionTimestamp":"2026-01-01T00:00:00Z"},
         "spec":{"podCIDR":"10.244.0.0/24","podCIDRs":["10.244.0.0/24"],"taints":[{"key":"k","effect":"NoSchedule"}]},"status":{"addresses":[{"type":"InternalIP","address":"10.0.0.1"}]}}
        """;

    [Fact]
    public void Service_EveryField_IsReadByBoth()
    {
        var manifest = ManifestReader.ReadBytes("a.json", Encoding.UTF8.GetBytes(Service)).Services.ShouldHaveSingleItem();
        Same(manifest, Service, ApiJson.Default.ServiceObject);
    }

    [Fact]
    public void EndpointSlice_EveryField_IsReadByBoth()
    {
        var manifest = ManifestReader.ReadBytes("a.json", Encoding.UTF8.GetBytes(Slice)).EndpointSlices.ShouldHaveSingleItem();
        Same(manifest, Slice, ApiJson.Default.EndpointSliceObject);
    }

    [Fact]
    public void Node_EveryField_IsReadByBoth()
    {
        var manifest = ManifestReader.ReadBytes("a.json", Encoding.UTF8.GetBytes(Node)).Nodes.ShouldHaveSingleItem();
        Same(manifest, Node, ApiJson.Default.NodeObject);
    }

    /// <summary>An <c>init</c> among the properties makes the serializer collect all of them in an array; there are very many of these objects.</summary>
    [Fact]
    public void ManyObjects_AreReadByTheirSetters() => ((JsonTypeInfo[])
        [
            ApiJson.Default.ServiceObject, ApiJson.Default.ServiceSpec, ApiJson.Default.ServicePortSpec, ApiJson.Default.ObjectMeta,
            ApiJson.Default.EndpointSliceObject, ApiJson.Default.EndpointPortObject, ApiJson.Default.EndpointObject, ApiJson.Default.EndpointConditions,
            ApiJson.Default.EndpointHints,
        ]).ShouldAllBe(type => type.CreateObject != null);

    /// <summary>Written again, both are what was read, kind and effect of a taint aside: none of our fields is lost or has another name.</summary>
    private static void Same<T>(T manifest, string text, JsonTypeInfo<T> type)
    {
        string fromApi = JsonSerializer.Serialize(JsonSerializer.Deserialize(text, type)!, type);
        JsonSerializer.Serialize(manifest, type).ShouldBe(fromApi);
        using var written = JsonDocument.Parse(fromApi);
        using var read = JsonDocument.Parse(text);
        Lost(read.RootElement, written.RootElement, "").Except(["/apiVersion", "/kind", "/spec/taints/0/effect"]).ShouldBeEmpty();
    }

    private static IEnumerable<string> Lost(JsonElement read, JsonElement? written, string path) => read.ValueKind switch
    {
        JsonValueKind.Object => read.EnumerateObject().SelectMany(field => Lost(field.Value, Find(written, field.Name), $"{path}/{field.Name}")),
        JsonValueKind.Array =>
            read.EnumerateArray().SelectMany(
                (item, i) => Lost(item, written is { ValueKind: JsonValueKind.Array } list && i < list.GetArrayLength() ? list[i] : null, $"{path}/{i}")),
        _ => written?.GetRawText() == read.GetRawText() ? [] : [path],
    };

    private static JsonElement? Find(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty(name, out var value) ? value : null;
}
