using System.Globalization;
using System.Net;
using UserProxy.Scenarios.Bed;

namespace UserProxy.Scenarios.Backends;

/// <summary>The Services that every path serves, each path on NodePorts of its own, so that all of them can run side by side.</summary>
internal sealed record StandardServices(Service Http, Service Dns, Service DnsShort, Service Bulk)
{
    /// <summary>After so many queries the clients of <see cref="DnsShort"/> go on from a new port.</summary>
    public const int QueriesPerPort = 4;

    private const int FirstPort = 30000, PortsOfEach = 20, FirstCrowdPort = 31000;

    public IReadOnlyList<Service> All => [Http, Dns, DnsShort, Bulk];

    public static StandardServices Of(int path)
    {
        int port = FirstPort + (path * PortsOfEach);
        return new StandardServices(
            HttpOn(port),
            new Service("dns", Pods(DnsBackends.Port)) { Protocol = "udp", Port = 53, NodePort = port + 1 },
            new Service("dns-short", Pods(DnsBackends.Port)) { Protocol = "udp", Port = 53, NodePort = port + 2, QueriesPerPort = QueriesPerPort },
            new Service("bulk", [new IPEndPoint(TestBed.PodAddresses[0], BulkBackend.Port)]) { NodePort = port + 3 });
    }

    /// <summary>For a scenario that starts the path once more: <paramref name="number"/> is 0 to 3.</summary>
    public static Service HttpApart(int path, int number) => HttpOn(FirstPort + (path * PortsOfEach) + 10 + number);

    /// <summary>DNS of the same kind.</summary>
    public static Service DnsApart(int path) =>
        new("dns-apart", Pods(DnsBackends.Port)) { Protocol = "udp", Port = 53, NodePort = FirstPort + (path * PortsOfEach) + 14 };

    /// <summary>Bytes of the same kind.</summary>
    public static Service BulkApart(int path) =>
        new("bulk-apart", [new IPEndPoint(TestBed.PodAddresses[0], BulkBackend.Port)]) { NodePort = FirstPort + (path * PortsOfEach) + 15 };

    /// <summary>Many that nobody asks, for a path of which one instance at a time serves them.</summary>
    public static IEnumerable<Service> Crowd(int count) =>
        Enumerable.Range(
            0, count).Select(number => HttpOn(FirstCrowdPort + number) with { Name = string.Create(CultureInfo.InvariantCulture, $"crowd{number}") });

    public static IReadOnlyList<IPEndPoint> Pods(int port) => [.. TestBed.PodAddresses.Select(address => new IPEndPoint(address, port))];

    private static Service HttpOn(int port) => new("web", Pods(HttpBackends.Port)) { NodePort = port, MayBeChecked = true };
}
