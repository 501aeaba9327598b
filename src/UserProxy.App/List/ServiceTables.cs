using UserProxy.App.CommandLine;
using UserProxy.App.Explain;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Kubernetes.Building;

namespace UserProxy.App.List;

/// <summary><c>list</c> as tables: one row a listener, or with statistics one row an endpoint.</summary>
internal static class ServiceTables
{
    private const string None = "-", NotServed = "NotServed", LeadsBack = "no endpoint but a listener of this proxy itself";

    /// <summary>Of a Service's name, beside ports and addresses, which tell more.</summary>
    private const int ShortName = 12, MostBadEnds = 5;

    public static TextTable Listeners(IEnumerable<ServiceItem> services, bool wide)
    {
        string[] headers = ["NAMESPACE", "NAME", "PORT", "PROTOCOL", "KIND", "ADDRESS", "STATE", "ENDPOINTS", "ACTIVE", "ACCEPTED"];
        // What only some Services have is a column only where there is some.
        var all = services.ToList();
        bool someAreTold = all.Exists(service => service.ProxyProtocol is not null || service.AcceptProxyProtocol is not null);
        bool someSayWhose = all.Exists(service => service.ClientAddress is not null);
        string[] more = [
            "SCHEDULER", "AFFINITY", "QUEUE", "BACKLOG", "REASON", "USED", .. someAreTold ? ["PROXY-PROTOCOL"] : Array.Empty<string>(),
            .. someSayWhose ? ["CLIENT-ADDRESS"] : Array.Empty<string>()];
        var table = new TextTable(wide ? [.. headers, .. more] : headers).Right("ACTIVE", "ACCEPTED").Names("NAMESPACE", "NAME").Addresses("ADDRESS")
            .Drop(
                "ACCEPTED", "AFFINITY", "SCHEDULER", "BACKLOG", "QUEUE", "USED", "PROXY-PROTOCOL", "CLIENT-ADDRESS", "KIND", "ACTIVE", "PROTOCOL",
                "ENDPOINTS")
            .DropLast("ADDRESS", "NAMESPACE").Fold("PROTOCOL", into: "PORT", WithProtocol).ShortNames(ShortName)
            .Colour("STATE", StateTone).Colour("ENDPOINTS", CountTone);
        if (wide) table.Right("QUEUE", "BACKLOG").Names("USED").Prose("REASON");
        foreach (var service in all)
        {
            foreach (var listener in service.Listeners.Cast<ListenerItem?>().DefaultIfEmpty(null))
            {
                if (listener is null && service.NotServed.Count > 0) continue;
                Add(service, listener);
            }

            foreach (var unserved in service.NotServed.Where(unserved => service.Listeners.Count == 0 || !IsOfRun(unserved)))
            {
                // As a listener that there is not: its row has the same columns.
                Add(service, new ListenerItem(unserved.Kind, unserved.Address, unserved.Port, NotServed, unserved.Reason, null, null));
            }
        }

        return table;

        void Add(ServiceItem service, ListenerItem? listener)
        {
            string[] told = wide && someAreTold ? [ProxyProtocol(service)] : [];
            string[] whose = wide && someSayWhose ? [service.ClientAddress ?? None] : [];
            table.Add([.. Row(service, listener), .. wide ? More(service, listener) : [], .. told, .. whose]);
        }
    }

    /// <summary>
    /// Why some have ClusterIPs beside addresses that are served, and no row for them: each Service would have one. Null where none has.
    /// </summary>
    public static string? WhyClusterIPsAreLeftOut(IEnumerable<ServiceItem> services) =>
        services.Where(service => service.Listeners.Count > 0).SelectMany(service => service.NotServed).FirstOrDefault(IsOfRun)?.Reason;

    private static bool IsOfRun(UnservedItem unserved) => ServiceDiagnosis.IsClusterIPsOff(unserved.Reason);

    /// <summary>Services whose connections end badly, for under the table: the first few.</summary>
    public static IEnumerable<string> BadEnds(IEnumerable<ServiceItem> services) =>
        services.Select(service => service.BadEnds).OfType<BadEndsItem>().Take(MostBadEnds)
            .Select(ends => $"{ends.Namespace}/{ends.Name}{(ends.Port.Length == 0 ? "" : $":{ends.Port}")}: {ends.Says}: {ends.Next}");

    /// <param name="services">Whose endpoints.</param>
    /// <param name="wide">With what is declared of them.</param>
    /// <param name="now">Of the clock of this node, which the proxy has too.</param>
    public static TextTable Endpoints(IEnumerable<ServiceItem> services, bool wide, DateTimeOffset now)
    {
        // A proxy of an earlier version knows no rates.
        var all = services.ToList();
        bool someHaveRates = all.Exists(service => service.Endpoints.Any(endpoint => endpoint.Rates is not null));
        string[] rates = someHaveRates ? ["CONN/S", "IN/S", "OUT/S"] : [];
        string[] headers =
        [
            "NAMESPACE", "NAME", "PORT", "PROTOCOL", "ENDPOINT", "USED", "STATE", "ACTIVE", "TOTAL", "FAILED", "BYTES-IN", "BYTES-OUT", .. rates,
            "LAST-ERROR",
        ];
        string[] more = ["LAST-DIAL", "READY", "LOCAL", "WEIGHT", "NODE", "ZONE"];
        var table = new TextTable(wide ? [.. headers, .. more] : headers).Right(["ACTIVE", "TOTAL", "FAILED", "BYTES-IN", "BYTES-OUT", .. rates])
            .Names("NAMESPACE", "NAME").Addresses("ENDPOINT")
            .Drop(
                "ZONE", "NODE", "WEIGHT", "LOCAL", "READY", "LAST-DIAL", "BYTES-IN", "BYTES-OUT", "IN/S", "OUT/S", "PROTOCOL", "PORT", "FAILED", "TOTAL",
                "USED", "CONN/S", "ACTIVE", "LAST-ERROR")
            .Fold("PROTOCOL", into: "PORT", WithProtocol)
            .Colour("STATE", StateTone);
        foreach (var service in all)
        {
            foreach (var endpoint in service.Endpoints)
            {
                string[] row =
                [
                    service.Namespace, service.Name, Shown.Port(service), service.Protocol, Shown.Address(endpoint), YesNo(endpoint.Used),
                    State(endpoint, now),
                    Shown.Number(endpoint.ActiveConnections), Shown.Number(endpoint.TotalConnections), Shown.Number(endpoint.FailedConnects),
                    Shown.Number(endpoint.BytesIn), Shown.Number(endpoint.BytesOut), .. someHaveRates ? Rates(endpoint) : [],
                    LastError(service, endpoint, now),
                ];
                string[] rest =
                [
                    LastDial(endpoint, now), YesNo(endpoint.Ready), YesNo(endpoint.Local), Shown.Number(endpoint.Weight), endpoint.NodeName ?? None,
                    endpoint.Zone ?? None,
                ];
                table.Add(wide ? [.. row, .. rest] : row);
            }
        }

        return table;
    }

    /// <summary>As kubectl writes ports; TCP is what nobody wonders about.</summary>
    private static string WithProtocol(string port, string protocol) => protocol == "TCP" ? port : $"{port}/{protocol}";

    private static string[] Row(ServiceItem service, ListenerItem? listener) =>
    [
        service.Namespace,
        service.Name,
        Shown.Port(service),
        service.Protocol,
        listener?.Kind ?? None,
        listener is null ? None : Shown.Address(listener),
        listener is null ? None : State(listener),
        Answering(service),
        Shown.Number(service.ActiveConnections),
        Shown.Number(service.AcceptedConnections),
    ];

    private static string[] More(ServiceItem service, ListenerItem? listener) =>
    [
        service.Scheduler,
        service.SessionAffinity,
        listener?.AcceptQueue is { } queue ? Shown.Number(queue) : None,
        listener?.Backlog is { } backlog ? Shown.Number(backlog) : None,
        listener?.Reason ?? WhyUnwell(service, listener),
        string.Join(',', service.Endpoints.Where(endpoint => endpoint.Used).Select(Shown.Address).DefaultIfEmpty(None)),
    ];

    /// <summary>What comes in, and what goes out.</summary>
    private static string ProxyProtocol(ServiceItem service) => (service.AcceptProxyProtocol, service.ProxyProtocol) switch
    {
        (null, null) => None,
        (null, { } version) => $"to endpoints: {version}",
        ({ } balancers, null) => $"from {balancers}",
        ({ } balancers, { } version) => $"from {balancers}, to endpoints: {version}",
    };

    /// <summary>A listener that accepts for endpoints of which none answers serves nobody, or may serve nobody.</summary>
    private static string State(ListenerItem listener) =>
        listener is { State: "Listening", Health: ListenerHealth.Failing or ListenerHealth.Silent } ? listener.Health : listener.State;

    private static string WhyUnwell(ServiceItem service, ListenerItem? listener) => (listener is null ? None : State(listener)) switch
    {
        ListenerHealth.Failing => WhyFailing(service, listener!),
        ListenerHealth.Silent => SilentEndpoints.InShort,
        _ => service.BadEnds?.Says ?? None,
    };

    private static string WhyFailing(ServiceItem service, ListenerItem listener)
    {
        var used = ListenerHealth.UsedAt(listener.Kind, service.Endpoints).ToList();
        // What is used and what leads back here exclude each other.
        if (used.Count == 0 && service.Endpoints.Any(endpoint => endpoint.LastError == HealthWords.Loop)) return LeadsBack;
        var errors = used.Select(endpoint => endpoint.LastError).OfType<string>()
            .Select(error => HealthWords.Shown(error, service.Protocol == "UDP")).Distinct();
        return string.Join(", ", errors.Prepend("no endpoint answers"));
    }

    /// <summary>Those that answer, of all; nobody knows how many while none has been dialled, or sends anything.</summary>
    private static string Answering(ServiceItem service)
    {
        var used = service.Endpoints.Where(endpoint => endpoint.Used).ToList();
        bool isUnknown = used.Count > 0 && used.TrueForAll(endpoint => endpoint.State == HealthWords.Silent || HealthWords.IsUndecided(endpoint.State));
        return $"{(isUnknown ? "?" : Shown.Number(service.EndpointsAnswering))}/{Shown.Number(service.Endpoints.Count)}";
    }

    private static string State(EndpointItem endpoint, DateTimeOffset now) =>
        endpoint is { State: HealthWords.Aside, AsideUntil: { } until } && until > now ? $"aside for {Shown.Time((until - now).TotalSeconds)}" : endpoint.State;

    private static string LastDial(EndpointItem endpoint, DateTimeOffset now) =>
        endpoint.LastDialAt is { } at ? $"{Shown.Time(Math.Max(0, (now - at).TotalSeconds))} ago" : None;

    private static string LastError(ServiceItem service, EndpointItem endpoint, DateTimeOffset now)
    {
        if (endpoint.LastError is not { } error) return None;
        string shown = HealthWords.Shown(error, service.Protocol == "UDP") + (endpoint.FailsOnly is { } whose ? $" as {whose}" : "");
        return endpoint.FailingSince is { } since && now > since ? $"{shown} for {Shown.Time((now - since).TotalSeconds)}" : shown;
    }

    /// <summary>The bytes whole, as those that have been counted.</summary>
    private static string[] Rates(EndpointItem endpoint) => endpoint.Rates is not { } rates ? [None, None, None] :
    [
        Shown.Rate(rates.ConnectionsPerSecond), Shown.Number((long)Math.Round(rates.BytesInPerSecond)), Shown.Number((long)Math.Round(rates.BytesOutPerSecond)),
    ];

    private static Tone StateTone(string state) => state.Split(' ')[0] switch
    {
        "Listening" or HealthWords.Answering => Tone.Good,
        "Failing" or "Failed" or HealthWords.Failing => Tone.Bad,
        ListenerHealth.Silent or HealthWords.Silent => Tone.Warning,
        "Refusing" or "Dropping" or NotServed or HealthWords.Aside or HealthWords.Draining or HealthWords.Unready => Tone.Warning,
        _ => Tone.None,
    };

    private static Tone CountTone(string count) => count.Split('/') switch
    {
        ["?", _] => Tone.None,
        ["0", _] => Tone.Bad,
        [var some, var all] when some != all => Tone.Warning,
        _ => Tone.Good,
    };

    private static string YesNo(bool value) => value ? "yes" : "no";
}
