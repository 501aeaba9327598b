
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;

namespace UserProxy.App.List;

/// <summary><c>list</c> as tables: one row a listener, or with statistics one row an endpoint.</summary>
internal static class ServiceTables
{
    private const string None = "-";

    public static TextTable Listeners(IEnumerable<ServiceItem> services, bool wide)
    {
        string[] headers = ["NAMESPACE", "NAME", "PORT", "PROTOCOL", "KIND", "ADDRESS", "STATE", "ENDPOINTS", "ACTIVE", "ACCEPTED"];
        string[] more = ["SCHEDULER", "AFFINITY", "QUEUE", "BACKLOG", "REASON", "USED"];
        var table = new TextTable(wide ? [.. headers, .. more] : headers).Right("ACTIVE", "ACCEPTED");
        if (wide) table.Right("QUEUE", "BACKLOG");
        foreach (var service in services)
        {
            foreach (var listener in service.Listeners.Cast<ListenerItem?>().DefaultIfEmpty(null))
                table.Add([.. Row(service, listener), .. wide ? More(service, listener) : []]);
        }

        return table;
    }

    public static TextTable Endpoints(IEnumerable<ServiceItem> services, bool wide)
    {
        string[] headers = ["NAMESPACE", "NAME", "PORT", "PROTOCOL", "ENDPOINT", "USED", "ACTIVE", "TOTAL", "FAILED", "BYTES-IN", "BYTES-OUT"];
        string[] more = ["READY", "LOCAL", "WEIGHT", "NODE", "ZONE"];
        var table = new TextTable(wide ? [.. headers, .. more] : headers).Right("ACTIVE", "TOTAL", "FAILED", "BYTES-IN", "BYTES-OUT");
        foreach (var service in services)
        {
            foreach (var endpoint in service.Endpoints)
            {
                string[] row =
                [
                    service.Namespace, service.Name, Shown.Port(service), service.Protocol, Shown.Address(endpoint), endpoint.Used
                        ? (endpoint.Ejected ? "aside" : "yes")
                        : "no",
                    Shown.Number(endpoint.ActiveConnections), Shown.Number(endpoint.TotalConnections), Shown.Number(endpoint.FailedConnects),
                    Shown.Number(endpoint.BytesIn), Shown.Number(endpoint.BytesOut),
                ];
                string[] rest = [YesNo(endpoint.Ready), YesNo(endpoint.Local), Shown.Number(endpoint.Weight), endpoint.NodeName ?? None, endpoint.Zone ?? None];
                table.Add(wide ? [.. row, .. rest] : row);
            }
        }

        return table;
    }

    private static string[] Row(ServiceItem service, ListenerItem? listener) =>
    [
        service.Namespace,
        service.Name,
        Shown.Port(service),
        service.Protocol,
        listener?.Kind ?? None,
        listener is null ? None : Shown.Address(listener),
        listener?.State ?? None,
        $"{service.Endpoints.Count(endpoint => endpoint.Used)}/{service.Endpoints.Count}",
        Shown.Number(service.ActiveConnections),
        Shown.Number(service.AcceptedConnections),
    ];

    private static string[] More(ServiceItem service, ListenerItem? listener) =>
    [
        service.Scheduler,
        service.SessionAffinity,
        listener?.AcceptQueue is { } queue ? Shown.Number(queue) : None,
        listener?.Backlog is { } backlog ? Shown.Number(backlog) : None,
        listener?.Reason ?? None,
        string.Join(',', service.Endpoints.Where(endpoint => endpoint.Used).Select(Shown.Address).DefaultIfEmpty(None)),
    ];

    private static string YesNo(bool value) => value ? "yes" : "no";
}
