using System.Globalization;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Servers.Glance;

namespace UserProxy.App.Top;

/// <summary>The two tables of <c>top</c>: Services, and the endpoints of one of them.</summary>
internal static class TopTables
{
    /// <summary>The STATE of a Service of which the proxy says nothing any more; and how many of its endpoints answer where nobody knows.</summary>
    public const string NotKnown = "?";

    private const string None = "-";

    /// <param name="services">A row each.</param>
    /// <param name="withNamespace">They are of several.</param>
    public static TextTable Services(IEnumerable<GlanceItem> services, bool withNamespace)
    {
        var table = new TextTable("SERVICE", "STATE", "ACTIVE", "CONN/S", "FAIL/S", "IN/S", "OUT/S", "P99", "ENDPOINTS", "QUEUE", "TOTAL", "FAILED", "PROTOCOL")
            .Right("ACTIVE", "CONN/S", "FAIL/S", "IN/S", "OUT/S", "P99", "QUEUE", "TOTAL", "FAILED").Names("SERVICE")
            .Drop("PROTOCOL", "FAILED", "TOTAL", "QUEUE", "ENDPOINTS", "P99", "IN/S", "FAIL/S", "OUT/S", "CONN/S")
            .Colour("STATE", StateTone).Colour("ENDPOINTS", CountTone).Colour("FAIL/S", FailureTone);
        foreach (var item in services)
        {
            table.Add(
                NameOf(item, withNamespace), item.State, Shown.Number(item.ActiveConnections), Shown.Rate(item.Rates.ConnectionsPerSecond),
                Shown.Rate(item.Rates.FailuresPerSecond), Shown.Bytes(item.Rates.BytesInPerSecond), Shown.Bytes(item.Rates.BytesOutPerSecond),
                item.ConnectP99Seconds is { } p99 ? Shown.Milliseconds(p99) : None, Endpoints(item),
                item.AcceptQueue is { } queue ? Invariant($"{queue}/{item.Backlog}") : None, Shown.Number(item.AcceptedConnections),
                Shown.Number(item.FailedConnects), $"{item.Protocol}/{item.IpFamily}");
        }

        return table;
    }

    public static TextTable Endpoints(IEnumerable<EndpointItem> endpoints)
    {
        var table = new TextTable("  ENDPOINT", "STATE", "ACTIVE", "CONN/S", "IN/S", "OUT/S", "TOTAL", "FAILED", "LAST-ERROR", "NODE")
            .Right("ACTIVE", "CONN/S", "IN/S", "OUT/S", "TOTAL", "FAILED").Addresses("  ENDPOINT")
            .Drop("NODE", "LAST-ERROR", "IN/S", "OUT/S", "TOTAL", "FAILED", "CONN/S").Colour("STATE", StateTone);
        foreach (var endpoint in endpoints)
        {
            table.Add(
                $"  {Shown.Address(endpoint)}", endpoint.State, Shown.Number(endpoint.ActiveConnections),
                Rate(endpoint, rates => Shown.Rate(rates.ConnectionsPerSecond)), Rate(endpoint, rates => Shown.Bytes(rates.BytesInPerSecond)),
                Rate(endpoint, rates => Shown.Bytes(rates.BytesOutPerSecond)), Shown.Number(endpoint.TotalConnections), Shown.Number(endpoint.FailedConnects),
                endpoint.LastError ?? None, endpoint.NodeName ?? None);
        }

        return table;
    }

    private static string NameOf(GlanceItem item, bool withNamespace) =>
        $"{(withNamespace ? $"{item.Namespace}/" : "")}{item.Name}:{(item.Port.Length > 0 ? item.Port : Shown.Number(item.PortNumber))}";

    private static string Endpoints(GlanceItem item) => Invariant(
        $"{Answering(item)}/{item.Endpoints}{(item.EndpointsAside > 0 ? Invariant($" {item.EndpointsAside} aside") : "")}");

    /// <summary>Nobody knows how many while none has been dialled, or all are silent.</summary>
    private static string Answering(GlanceItem item) =>
        item.State is ListenerHealth.Unknown or ListenerHealth.Silent or LookedService.NotServed or NotKnown ? NotKnown : Shown.Number(item.EndpointsAnswering);

    private static string Rate(EndpointItem endpoint, Func<RateItem, string> show) => endpoint.Rates is { } rates ? show(rates) : None;

    private static Tone StateTone(string state) => state switch
    {
        ListenerHealth.Answering or HealthWords.Answering => Tone.Good,
        LookedService.Failed or ListenerHealth.Failing or HealthWords.Failing => Tone.Bad,
        ListenerHealth.Unknown or HealthWords.Unknown or HealthWords.Unanswered or NotKnown => Tone.None,
        _ => Tone.Warning,
    };

    private static Tone CountTone(string count) => count.EndsWith("aside", StringComparison.Ordinal) ? Tone.Warning : Tone.None;

    private static Tone FailureTone(string rate) => rate == "0" ? Tone.None : Tone.Bad;

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
