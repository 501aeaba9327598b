using System.Globalization;
using UserProxy.Kubernetes.Building;
using UserProxy.Kubernetes.Objects;

namespace UserProxy.Microbenchmarks.Building;

/// <summary>
/// A cluster as the API tells of it: Services with a ClusterIP and a slice of three endpoints each. Pods are in 198.18.0.0/15, which is for benchmarks: no
/// machine that they run on has such an address.
/// </summary>
internal static class ClusterObjects
{
    public static BuildOptions Options { get; } = new() { NodeName = "node-1", ClusterIPs = true };

    public static ServiceObject[] Services(int count) => [.. Enumerable.Range(0, count).Select(Service)];

    public static EndpointSliceObject[] Slices(int services) => [.. Enumerable.Range(0, services).Select(number => Slice(number, endpoints: 3))];

    /// <param name="number">Of the Service.</param>
    /// <param name="endpoints">How many, of which all but <paramref name="unready"/> are ready.</param>
    /// <param name="unready">Which of them is not; -1 for none.</param>
    public static EndpointSliceObject Slice(int number, int endpoints, int unready = -1) => new()
    {
        Metadata = new()
        {
            Name = $"{Name(number)}-1",
            Namespace = "demo",
            Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = Name(number) },
        },
        AddressType = "IPv4",
        Ports = [new() { Name = "http", Protocol = "TCP", Port = 8080 }],
        Endpoints = [.. Enumerable.Range(0, endpoints).Select(i => Endpoint((number * endpoints) + i, isReady: i != unready))],
    };

    private static ServiceObject Service(int number)
    {
        string address = string.Create(CultureInfo.InvariantCulture, $"10.{96 + (number >> 16)}.{(number >> 8) & 255}.{number & 255}");
        return new()
        {
            Metadata = new() { Name = Name(number), Namespace = "demo" },
            Spec = new()
            {
                Type = "ClusterIP",
                ClusterIP = address,
                ClusterIPs = [address],
                IpFamilies = ["IPv4"],
                Ports = [new() { Name = "http", Protocol = "TCP", Port = 80 }],
                InternalTrafficPolicy = "Cluster",
                SessionAffinity = "None",
            },
        };
    }

    private static EndpointObject Endpoint(int pod, bool isReady) => new()
    {
        Addresses = [string.Create(CultureInfo.InvariantCulture, $"198.{18 + (pod >> 16)}.{(pod >> 8) & 255}.{pod & 255}")],
        Conditions = new() { Ready = isReady, Serving = isReady, Terminating = false },
        NodeName = string.Create(CultureInfo.InvariantCulture, $"node-{pod % 500}"),
        Zone = string.Create(CultureInfo.InvariantCulture, $"zone-{pod % 3}"),
    };

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"service-{number}");
}
