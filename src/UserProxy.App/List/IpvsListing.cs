using System.Globalization;
using System.Net;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.List;

/// <summary>
/// What <c>ipvsadm -Ln</c>, with <c>--stats</c> and with <c>--rate</c> (1.31) would print if the proxy were IPVS, byte for byte, so that scripts and habits go
/// on working; Forward is <c>Proxy</c>. The widths are those of ipvsadm's own formats.
/// </summary>
internal static class IpvsListing
{
    private const string Forward = "Proxy";

    // The table size of the kernel's first line has no meaning here; scripts skip the line or match it.
    private const string Version = "IP Virtual Server version 1.2.1 (size=4096)";

    public static void Write(TextWriter output, IEnumerable<ServiceItem> services, IpvsColumns columns)
    {
        output.Write(Version + "\n");
        output.Write(columns switch
        {
            IpvsColumns.Totals => Title("Conns", "InPkts", "OutPkts", "InBytes", "OutBytes"),
            IpvsColumns.Rates => Title("CPS", "InPPS", "OutPPS", "InBPS", "OutBPS"),
            _ => "Prot LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n",
        });

        var virtualServices = from service in services
                              from listener in service.Listeners
                              where listener.State != "Failed" // somebody else's, or nobody's
                              let at = new IPEndPoint(IPAddress.Parse(listener.Address), listener.Port)
                              orderby at.AddressFamily, service.Protocol == "UDP", Order(at)
                              select (service, listener, at);
        foreach (var (service, listener, at) in virtualServices) Write(output, service, listener, at, columns);
    }

    private static void Write(TextWriter output, ServiceItem service, ListenerItem listener, IPEndPoint at, IpvsColumns columns)
    {
        // IPVS keeps a server that takes no new connections with weight 0 while some are open.
        bool isInternal = listener.Kind == "ClusterIP";
        var servers = service.Endpoints
            .Select(endpoint => (Endpoint: endpoint, IsUsed: isInternal ? endpoint.UsedInternally : endpoint.UsedExternally))
            .Where(server => server.IsUsed || server.Endpoint.ActiveConnections > 0)
            .OrderBy(server => Order(new IPEndPoint(IPAddress.Parse(server.Endpoint.Address), server.Endpoint.Port)))
            .ToList();

        string name = $"{service.Protocol,-4} {at}";
        bool hasNumbers = columns != IpvsColumns.Weights;
        WriteLine(output, hasNumbers ? Invariant($"{name,-33}") + Numbers(service.Endpoints, columns) : $"{name} {service.Scheduler}{Flags(service)}");
        foreach (var (endpoint, isUsed) in servers)
        {
            WriteLine(output, Invariant($"  -> {Shown.Address(endpoint),-28}") + (hasNumbers
                ? Numbers([endpoint], columns)
                : Invariant($" {Forward,-7} {(isUsed ? endpoint.Weight : 0),-6} {endpoint.ActiveConnections,-10} {0,-10}")));
        }
    }

    private static void WriteLine(TextWriter output, string line) => output.Write(PrintedLine.Of(line) + "\n");

    private static string Flags(ServiceItem service) =>
        service.SessionAffinityTimeoutSeconds is { } seconds ? Invariant($" persistent {seconds:0}") : "";

    /// <summary>Connections, packets in and out (a proxy moves bytes, and sees none), bytes in and out.</summary>
    private static string Numbers(IReadOnlyList<EndpointItem> endpoints, IpvsColumns columns)
    {
        return columns == IpvsColumns.Totals
            ? Line(Sum(each => each.TotalConnections), Sum(each => each.BytesIn), Sum(each => each.BytesOut))
            : Line(Sum(each => each.Rates?.ConnectionsPerSecond), Sum(each => each.Rates?.BytesInPerSecond), Sum(each => each.Rates?.BytesOutPerSecond));

        long Sum(Func<EndpointItem, double?> read) => (long)Math.Round(endpoints.Sum(read) ?? 0);

        static string Line(long connections, long bytesIn, long bytesOut) => Large(connections) + Large(0) + Large(0) + Large(bytesIn) + Large(bytesOut);
    }

    private static string Title(params string[] columns) =>
        $"{"Prot LocalAddress:Port",-33}{string.Concat(columns.Select(column => $" {column,8}"))}\n  -> RemoteAddress:Port\n";

    private static string Large(long number) => number switch
    {
        < 100_000_000 => Invariant($"{number,9}"),
        < 1_000_000_000 => Invariant($"{number / 1_000,8}K"),
        < 100_000_000_000 => Invariant($"{number / 1_000_000,8}M"),
        < 100_000_000_000_000 => Invariant($"{number / 1_000_000_000,8}G"),
        _ => Invariant($"{number / 1_000_000_000_000,8}T"),
    };

    /// <summary>By the bytes of the address, then the port; within one family.</summary>
    private static (UInt128 Address, int Port) Order(IPEndPoint endPoint) =>
        (endPoint.Address.GetAddressBytes().Aggregate(UInt128.Zero, (order, part) => (order << 8) | part), endPoint.Port);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
