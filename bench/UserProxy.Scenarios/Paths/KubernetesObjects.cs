using System.Text.Json.Nodes;
using UserProxy.Scenarios.Backends;
using UserProxy.Scenarios.Bed;

namespace UserProxy.Scenarios.Paths;

/// <summary>A <see cref="Service"/> as Kubernetes has it: one line of JSON an object.</summary>
internal static class KubernetesObjects
{
    public const string NodeName = "bench";

    public static string Node { get; } = new JsonObject
    {
        ["kind"] = "Node",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject { ["name"] = NodeName },
        ["status"] = new JsonObject { ["addresses"] = new JsonArray(new JsonObject { ["type"] = "InternalIP", ["address"] = TestBed.NodeIP }) },
    }.ToJsonString();

    public static IEnumerable<string> Of(Service service) => [ServiceOf(service), SliceOf(service)];

    public static string SliceOf(Service service) => new JsonObject
    {
        ["kind"] = "EndpointSlice",
        ["apiVersion"] = "discovery.k8s.io/v1",
        ["metadata"] = new JsonObject
        {
            ["name"] = service.Name + "-1",
            ["namespace"] = "bench",
            ["labels"] = new JsonObject { ["kubernetes.io/service-name"] = service.Name },
        },
        ["addressType"] = "IPv4",
        ["ports"] = new JsonArray(new JsonObject { ["name"] = "p", ["protocol"] = Protocol(service), ["port"] = service.Endpoints[0].Port }),
        ["endpoints"] = new JsonArray([.. service.Endpoints.Select(endpoint => new JsonObject
        {
            ["addresses"] = new JsonArray(endpoint.Address.ToString()),
            // As the controller of a cluster writes it: each is a Pod of its own.
            ["nodeName"] = service.IsKept ? NodeName : null,
            ["targetRef"] = new JsonObject { ["kind"] = "Pod", ["namespace"] = "bench", ["name"] = $"pod-{endpoint.Address}" },
            ["conditions"] = new JsonObject { ["ready"] = true, ["serving"] = true, ["terminating"] = false },
        })]),
    }.ToJsonString();

    private static string ServiceOf(Service service)
    {
        var port = new JsonObject { ["name"] = "p", ["protocol"] = Protocol(service), ["port"] = service.Port };
        var spec = new JsonObject
        {
            ["type"] = service.NodePort > 0 ? "NodePort" : "ClusterIP",
            ["ipFamilies"] = new JsonArray("IPv4"),
            ["ports"] = new JsonArray(port),
        };
        if (service.NodePort > 0) port["nodePort"] = service.NodePort;
        if (service.ClusterIP is { } address)
        {
            spec["clusterIP"] = address.ToString();
            spec["clusterIPs"] = new JsonArray(address.ToString());
        }

        var metadata = new JsonObject { ["name"] = service.Name, ["namespace"] = "bench" };
        if (service.IsTold) metadata["annotations"] = new JsonObject { ["userproxy.io/proxy-protocol"] = "v2" };
        if (service.IsKept) metadata["annotations"] = new JsonObject { ["userproxy.io/client-address"] = "keep" };
        return new JsonObject
        {
            ["kind"] = "Service",
            ["apiVersion"] = "v1",
            ["metadata"] = metadata,
            ["spec"] = spec,
        }.ToJsonString();
    }

    private static string Protocol(Service service) => service.Protocol.ToUpperInvariant();
}
