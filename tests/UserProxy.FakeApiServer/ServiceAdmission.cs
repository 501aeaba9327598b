using System.Text.Json.Nodes;

namespace UserProxy.FakeApiServer;

/// <summary>
/// What a real API server makes of a Service that a client writes: defaults (pkg/apis/core/v1/defaults.go), what goes with a type that it is no longer, what it
/// keeps of what it was given, and what it is given now (pkg/registry/core/service). Called by <see cref="ObjectWrites"/>.
/// </summary>
internal sealed class ServiceAdmission(Store store)
{
    private readonly ServiceAllocator _allocator = new(store);

    /// <param name="service">Changed in place.</param>
    /// <param name="old">What it was; null for a new one.</param>
    public void Admit(JsonObject service, JsonObject? old)
    {
        string name = $"{service["metadata"]!["namespace"]}/{service["metadata"]!["name"]}";
        var spec = service["spec"] as JsonObject ?? throw RefusedException.Invalid(name, "spec: Required value");
        SetDefaults(spec);
        if (old?["spec"] is JsonObject before)
        {
            DropWhatWasOfAnotherType(spec, before);
            KeepWhatItHas(spec, before);
        }

        CheckPorts(name, spec);
        if (TypeOf(spec) != "ExternalName") SetFamilies(name, spec, old?["spec"] as JsonObject);
        if (NeedsClusterIP(spec)) _allocator.AllocateClusterIPs(name, spec);
        if (NeedsNodePorts(spec)) _allocator.AllocateNodePorts(name, spec);
        if (NeedsHealthCheck(spec)) _allocator.AllocateHealthCheck(name, spec);
    }

    private static string TypeOf(JsonObject spec) => spec["type"]?.ToString() ?? "ClusterIP";

    private static bool IsHeadless(JsonObject spec) => spec["clusterIP"]?.ToString() == "None";

    private static bool NeedsClusterIP(JsonObject spec) => TypeOf(spec) != "ExternalName" && !IsHeadless(spec);

    private static bool NeedsNodePorts(JsonObject spec) =>
        TypeOf(spec) == "NodePort" || (TypeOf(spec) == "LoadBalancer" && spec["allocateLoadBalancerNodePorts"]?.GetValue<bool>() != false);

    private static bool NeedsHealthCheck(JsonObject spec) => TypeOf(spec) == "LoadBalancer" && spec["externalTrafficPolicy"]?.ToString() == "Local";

    private static bool IsExternal(JsonObject spec) => TypeOf(spec) is "NodePort" or "LoadBalancer" || spec["externalIPs"] is JsonArray { Count: > 0 };

    private static void SetDefaults(JsonObject spec)
    {
        spec["type"] ??= "ClusterIP";
        spec["sessionAffinity"] ??= "None";
        if (spec["sessionAffinity"]!.ToString() == "None") spec.Remove("sessionAffinityConfig");
        else if (spec["sessionAffinityConfig"]?["clientIP"]?["timeoutSeconds"] is null)
            spec["sessionAffinityConfig"] = new JsonObject { ["clientIP"] = new JsonObject { ["timeoutSeconds"] = 10_800 } };
        foreach (var port in ServiceAllocator.Ports(spec))
        {
            port["protocol"] ??= "TCP";
            port["targetPort"] ??= port["port"]!.DeepClone();
        }

        if (IsExternal(spec)) spec["externalTrafficPolicy"] ??= "Cluster";
        if (TypeOf(spec) != "ExternalName") spec["internalTrafficPolicy"] ??= "Cluster";
        if (TypeOf(spec) == "LoadBalancer") spec["allocateLoadBalancerNodePorts"] ??= true;
    }

    /// <summary>A client that reads, changes the type and writes need not know what goes with the type: fields that it did not touch go.</summary>
    private static void DropWhatWasOfAnotherType(JsonObject spec, JsonObject before)
    {
        if (NeedsClusterIP(before) && TypeOf(spec) == "ExternalName")
        {
            foreach (string field in (string[])["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"])
                DropSame(spec, before, field);
        }

        if (NeedsNodePorts(before) && !NeedsNodePorts(spec) && TypeOf(spec) != "LoadBalancer")
        {
            foreach (var port in ServiceAllocator.Ports(spec))
            {
                if (ServiceAllocator.Ports(before).Any(old => JsonNode.DeepEquals(old["nodePort"], port["nodePort"]))) port.Remove("nodePort");
            }
        }

        if (NeedsHealthCheck(before) && !NeedsHealthCheck(spec)) DropSame(spec, before, "healthCheckNodePort");
        if (!IsExternal(spec)) DropSame(spec, before, "externalTrafficPolicy");
        if (TypeOf(spec) == "LoadBalancer") return;
        DropSame(spec, before, "allocateLoadBalancerNodePorts");
        DropSame(spec, before, "loadBalancerClass");
    }

    private static void DropSame(JsonObject spec, JsonObject before, string field)
    {
        if (JsonNode.DeepEquals(spec[field], before[field])) spec.Remove(field);
    }

    /// <summary>A client that leaves out what it was given keeps it.</summary>
    private static void KeepWhatItHas(JsonObject spec, JsonObject before)
    {
        if (NeedsClusterIP(before) && NeedsClusterIP(spec))
        {
            spec["clusterIP"] ??= before["clusterIP"]?.DeepClone();
            spec["clusterIPs"] ??= before["clusterIPs"]?.DeepClone();
        }

        if (NeedsNodePorts(before) && NeedsNodePorts(spec))
        {
            foreach (var port in ServiceAllocator.Ports(spec).Where(port => ServiceAllocator.Number(port["nodePort"]) == 0))
            {
                var same = ServiceAllocator.Ports(
                    before).FirstOrDefault(old => JsonNode.DeepEquals(old["port"], port["port"]) && JsonNode.DeepEquals(old["protocol"], port["protocol"]));
                if (same?["nodePort"] is { } had) port["nodePort"] = had.DeepClone();
            }
        }

        if (NeedsHealthCheck(before) && NeedsHealthCheck(spec)) spec["healthCheckNodePort"] ??= before["healthCheckNodePort"]?.DeepClone();
    }

    private static void CheckPorts(string name, JsonObject spec)
    {
        var ports = ServiceAllocator.Ports(spec).ToList();
        if (ports.Count == 0 && TypeOf(spec) != "ExternalName" && !IsHeadless(spec)) throw RefusedException.Invalid(name, "spec.ports: Required value");
        if (ports.Count > 1 && ports.Any(port => string.IsNullOrEmpty(port["name"]?.ToString())))
            throw RefusedException.Invalid(name, "spec.ports[0].name: Required value");
        if (ports.DistinctBy(port => port["name"]?.ToString()).Count() < ports.Count)
            throw RefusedException.Invalid(name, "spec.ports[1].name: Duplicate value");
        if (ports.DistinctBy(port => $"{port["port"]}/{port["protocol"]}").Count() < ports.Count)
            throw RefusedException.Invalid(name, "spec.ports[1]: Duplicate value");
    }

    /// <summary>The cluster has both families, IPv4 first. A Service keeps its first one.</summary>
    private static void SetFamilies(string name, JsonObject spec, JsonObject? before)
    {
        spec["ipFamilyPolicy"] ??= (spec["ipFamilies"] as JsonArray)?.Count > 1
            || (spec["clusterIPs"] as JsonArray)?.Count > 1 ? "RequireDualStack" : "SingleStack";
        bool dual = spec["ipFamilyPolicy"]!.ToString() != "SingleStack";
        string first = (spec["ipFamilies"] as JsonArray)?[0]?.ToString()
            ?? (spec["clusterIP"]?.ToString().Contains(':', StringComparison.Ordinal) == true ? "IPv6" : "IPv4");
        if (before?["ipFamilies"]?[0]?.ToString() is { } had && had != first && NeedsClusterIP(before))
            throw RefusedException.Invalid(name, "spec.ipFamilies[0]: Invalid value: may not change once set");
        JsonNode second = first == "IPv4" ? "IPv6" : "IPv4";
        spec["ipFamilies"] = dual ? new JsonArray(first, second) : new JsonArray((JsonNode)first);
        if (!dual && spec["clusterIPs"] is JsonArray { Count: > 1 } several) spec["clusterIPs"] = new JsonArray(several[0]!.DeepClone());
    }
}
