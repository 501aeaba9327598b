using System.Net.Sockets;
using UserProxy.Kubernetes.Objects;
using UserProxy.Model;

namespace UserProxy.Kubernetes.Building;

/// <summary>
/// Says why a Service port has no endpoint at all, by where the way from the Service to its Pods breaks off. Asked by <see cref="ServiceReader"/>.
/// </summary>
internal static class MissingEndpoints
{
    /// <summary>Port names of other people's slices are not repeated without end.</summary>
    private const int NamesToTell = 5;

    public static string Why(ObjectId service, IReadOnlyCollection<ServiceSlice> slices, ServicePortName port, AddressFamily family)
    {
        if (slices.Count == 0)
            return $"no EndpointSlice in namespace {PrintableText.Of(service.Namespace)} has the label "
                + $"{WellKnown.ServiceNameLabel}={PrintableText.Of(service.Name)}";
        string type = family == AddressFamily.InterNetwork ? "IPv4" : "IPv6";
        var ofFamily = slices.Where(slice => slice.Family == family).ToList();
        if (ofFamily.Count == 0) return $"none of the Service's EndpointSlices has addressType {type}";

        var offered = ofFamily.SelectMany(slice => slice.Ports).Distinct().ToList();
        if (offered.Contains((port.Port, port.Protocol)))
            return $"the Service's EndpointSlices ({type}) have no endpoints: no Pod matches its selector, or none has an address yet";
        string wanted = port.Port.Length == 0 ? "an unnamed port" : $"a port named {PrintableText.Of(port.Port)}";
        string have = offered.Count == 0
            ? "no port"
            : string.Join(", ", offered.Order().Take(NamesToTell).Select(Describe)) + (offered.Count > NamesToTell ? ", …" : "");
        // The controller gives the port of a slice the Service's name for it, and leaves it out when no Pod has it. Who writes a slice by hand chooses the
        // name.
        string cure = ofFamily.TrueForAll(slice => slice.IsOfController) ? "a targetPort name that no Pod declares is missing from the slice"
            : "ports[].name of the Service and of the slice must be the same, and absent in both where there is one port without a name";
        return $"none of the Service's EndpointSlices has {wanted} for {port.Protocol.Name()}; they have {have}: {cure}";
    }

    private static string Describe((string Name, TransportProtocol Protocol) port) =>
        $"{(port.Name.Length == 0 ? "an unnamed port" : PrintableText.Of(port.Name, 40))} ({port.Protocol.Name()})";
}
