using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;

namespace UserProxy.FakeApiServer;

/// <summary>
/// Hands out ClusterIPs, NodePorts and health check ports of one cluster, as a real API server's registry does: what a Service asks for when it is free, else
/// the next. What is taken is read from the Services that there are. Called by <see cref="ServiceAdmission"/> under the lock of <see cref="ObjectWrites"/>.
/// </summary>
internal sealed class ServiceAllocator(Store store)
{
    private const int FirstNodePort = 30_000, LastNodePort = 32_767;

    private int _lastAddress;
    private int _lastPort = FirstNodePort + 1000; // the lower ones are left to those who ask for one by number, as since 1.27

    /// <summary>The addresses of the families that it has, in their order; one that it names already stays.</summary>
    public void AllocateClusterIPs(string name, JsonObject spec)
    {
        var families = spec["ipFamilies"]!.AsArray().Select(family => family!.ToString()).ToList();
        var asked = spec["clusterIPs"] is JsonArray several
            ? several.Select(ip => ip!.ToString()).ToList()
            : spec["clusterIP"] is { } one ? [one.ToString()] : [];
        var taken = Specs(name).SelectMany(other => other["clusterIPs"] as JsonArray ?? []).Select(ip => ip!.ToString()).ToHashSet(StringComparer.Ordinal);
        var given = new List<string>();
        foreach (string family in families)
        {
            string ip = asked.ElementAtOrDefault(given.Count) ?? NextAddress(family, taken);
            if (!taken.Add(ip))
                throw RefusedException.Invalid(
                    name, $"spec.clusterIPs: Invalid value: [\"{ip}\"]: failed to allocate IP {ip}: provided IP is already allocated");
            given.Add(ip);
        }

        spec["clusterIP"] = given[0];
        spec["clusterIPs"] = new JsonArray([.. given.Select(ip => (JsonNode)ip)]);
    }

    /// <summary>One for each port and protocol; two protocols on the same number of the Service get the same NodePort where they can.</summary>
    public void AllocateNodePorts(string name, JsonObject spec)
    {
        var taken = Specs(name).SelectMany(Ports).Select(port => (Text(port["protocol"]), Number(port["nodePort"]))).ToHashSet();
        foreach (int health in HealthChecks(name)) taken.Add(("TCP", health));
        var ofPort = new Dictionary<int, int>();
        foreach (var port in Ports(spec).OrderBy(port => Number(port["nodePort"]) == 0))
        {
            int wanted = Number(port["nodePort"]);
            if (wanted is not 0 and (< FirstNodePort or > LastNodePort))
                throw RefusedException.Invalid(
                    name, $"spec.ports[0].nodePort: Invalid value: {wanted}: provided port is not in the valid range. The range of valid ports is "
                        + $"{FirstNodePort}-{LastNodePort}");
            string protocol = Text(port["protocol"]);
            if (wanted == 0) wanted = ofPort.GetValueOrDefault(Number(port["port"]));
            if (wanted == 0 || (taken.Contains((protocol, wanted)) && Number(port["nodePort"]) == 0)) wanted = NextPort(taken);
            if (!taken.Add((protocol, wanted)))
                throw RefusedException.Invalid(name, $"spec.ports[0].nodePort: Invalid value: {wanted}: provided port is already allocated");
            port["nodePort"] = wanted;
            ofPort[Number(port["port"])] = wanted;
        }
    }

    public void AllocateHealthCheck(string name, JsonObject spec)
    {
        var taken = Specs(name).Append(spec).SelectMany(Ports).Select(port => ("TCP", Number(port["nodePort"]))).ToHashSet();
        foreach (int health in HealthChecks(name)) taken.Add(("TCP", health));
        int wanted = Number(spec["healthCheckNodePort"]);
        if (wanted != 0 && taken.Contains(("TCP", wanted)))
            throw RefusedException.Invalid(name, $"spec.healthCheckNodePort: Invalid value: {wanted}: provided port is already allocated");
        spec["healthCheckNodePort"] = wanted != 0 ? wanted : NextPort(taken);
    }

    public static IEnumerable<JsonObject> Ports(JsonObject spec) => (spec["ports"] as JsonArray ?? []).OfType<JsonObject>();

    public static int Number(JsonNode? node) => node is null ? 0 : int.Parse(node.ToString(), CultureInfo.InvariantCulture);

    private static string Text(JsonNode? node) => node?.ToString() ?? "";

    /// <param name="but">
    /// Not that of the Service that is being written: it keeps what it has. A name may be in several namespaces, so it is <c>NAMESPACE/NAME</c>.
    /// </param>
    private IEnumerable<JsonObject> Specs(string but) => store.List("services").Items
        .Where(service => $"{service["metadata"]?["namespace"]}/{service["metadata"]?["name"]}" != but)
        .Select(service => service["spec"] as JsonObject).OfType<JsonObject>();

    private IEnumerable<int> HealthChecks(string but) => Specs(but).Select(spec => Number(spec["healthCheckNodePort"])).Where(port => port != 0);

    private string NextAddress(string family, HashSet<string> taken)
    {
        for (int tries = 0; tries < ushort.MaxValue; tries++)
        {
            int number = 256 + (++_lastAddress % (ushort.MaxValue - 512));
            string ip = family == "IPv6"
                ? IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"fd00:96::{number:x}")).ToString()
                : string.Create(CultureInfo.InvariantCulture, $"10.96.{number / 256}.{number % 256}");
            if (!taken.Contains(ip)) return ip;
        }

        throw new RefusedException(500, "InternalError", "failed to allocate a serviceIP: range is full");
    }

    private int NextPort(HashSet<(string, int)> taken)
    {
        for (int tries = FirstNodePort; tries <= LastNodePort; tries++)
        {
            _lastPort = _lastPort == LastNodePort ? FirstNodePort : _lastPort + 1;
            if (!taken.Contains(("TCP", _lastPort)) && !taken.Contains(("UDP", _lastPort))) return _lastPort;
        }

        throw new RefusedException(500, "InternalError", "failed to allocate a nodePort: range is full");
    }
}
