using System.Net;
using System.Net.Sockets;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Servers.Glance;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;
using UserProxy.Udp;

namespace UserProxy.App.Servers.Admin;

/// <summary>Says in messages what the proxy says in its own types.</summary>
internal static class ToMessage
{
    /// <param name="reading">As it is now.</param>
    /// <param name="now">Of the clock that people read.</param>
    /// <param name="sampler">Knows the rates; null leaves them open.</param>
    public static ServiceItem Of(ServiceReading reading, DateTimeOffset now, Sampler? sampler)
    {
        var port = reading.Port;
        var internally = EndPointsOf(port, port.InternalPolicy);
        var externally = port.ExternalPolicy == port.InternalPolicy ? internally : EndPointsOf(port, port.ExternalPolicy);
        var readings = reading.ReadEndpoints();
        List<EndpointItem> endpoints = [
            .. readings.Select(
                endpoint => Of(endpoint, now, IsUsed(endpoint, internally), IsUsed(endpoint, externally)) with
                {
                    Rates = sampler?.Of(reading.Counters, endpoint.Endpoint.EndPoint) is { } rates ? Of(rates) : null,
                })];
        var sampled = sampler?.Of(reading.Counters);
        return new ServiceItem
        {
            Namespace = port.Name.Namespace,
            Name = port.Name.Name,
            Port = port.Name.Port,
            PortNumber = port.Number,
            Protocol = port.Name.Protocol.Name(),
            IpFamily = Of(port.Family),
            Scheduler = port.Settings.Scheduler.ShortName(),
            SessionAffinity = port.AffinityTimeout is null ? "None" : "ClientIP",
            SessionAffinityTimeoutSeconds = port.AffinityTimeout?.TotalSeconds,
            InternalTrafficPolicy = port.InternalPolicy.ToString(),
            ExternalTrafficPolicy = port.ExternalPolicy.ToString(),
            ClientAddress = port.Settings.ClientAddress is { } use ? ClientAddressText.Of(use) : null,
            ProxyProtocol = port.Settings.ProxyProtocol is { } version ? ProxyProtocolText.Of(version) : null,
            ProxyV2Options = port.Settings.ProxyV2Options == ProxyV2Options.None ? null : ProxyProtocolText.Of(port.Settings.ProxyV2Options),
            AcceptProxyProtocol = port.Settings.AcceptProxyProtocol.Count == 0 ? null : ProxyProtocolText.Of(port.Settings.AcceptProxyProtocol),
            ActiveConnections = reading.ActiveConnections,
            AcceptedConnections = reading.Counters.Accepted,
            Rates = sampled is { } known ? Of(known.Rates) : null,
            ConnectP99Seconds = Rounded(sampled?.ConnectP99),
            BadEnds = BadEnds.Of(reading, sampler),
            EndpointsAnswering = endpoints.Count(endpoint => endpoint is { Used: true, State: HealthWords.Answering }),
            Listeners = [
                .. reading.Listeners.Select(listener => Of(
                    port, listener, endpoints, SomeLeadBack(listener.Address.Kind == ListenerKind.ClusterIP ? internally : externally)))],
            NotServed = [.. port.NotServed.Select(unserved => Of(unserved))],
            Endpoints = endpoints,
        };

        bool SomeLeadBack(HashSet<IPEndPoint> chosen) => readings.Any(endpoint => endpoint.LeadsBack && chosen.Contains(endpoint.Endpoint.EndPoint));
    }

    public static ConnectionItem Of(ConnectionStatus connection) => new()
    {
        Protocol = connection.Service.Protocol.Name(),
        Namespace = connection.Service.Namespace,
        Name = connection.Service.Name,
        Port = connection.Service.Port,
        Kind = connection.Kind.ToString(),
        Client = connection.Client.ToString(),
        Listener = connection.Listener.ToString(),
        Endpoint = connection.Endpoint?.ToString(),
        ToldBy = connection.ToldBy?.ToString(),
        Source = connection.Source?.ToString(),
        AddressKept = connection.IsKept,
        UniqueId = connection.UniqueId,
        State = connection.State.ToString(),
        EndpointLeft = connection.EndpointLeft,
        AgeSeconds = Seconds(connection.Age),
        IdleSeconds = Seconds(connection.Idle),
        BytesIn = connection.BytesIn,
        BytesOut = connection.BytesOut,
    };

    public static ConnectionItem Of(SessionStatus session) => new()
    {
        Protocol = session.Service.Protocol.Name(),
        Namespace = session.Service.Namespace,
        Name = session.Service.Name,
        Port = session.Service.Port,
        Kind = session.Kind.ToString(),
        Client = session.Client.ToEndPoint().ToString(),
        Listener = session.Listener.ToEndPoint().ToString(),
        Endpoint = session.Endpoint?.ToString(),
        UniqueId = session.UniqueId,
        Source = session.Source?.ToEndPoint().ToString(),
        AddressKept = session.Source is not null,
        State = session.IsAnswered ? "Answered" : "Unanswered",
        // Sessions do not outlive that.
        EndpointLeft = false,
        AgeSeconds = Seconds(session.Age),
        IdleSeconds = Seconds(session.Idle),
        BytesIn = session.BytesIn,
        BytesOut = session.BytesOut,
    };

    /// <summary>To a hundredth: one in 100 s is something.</summary>
    public static RateItem Of(Rates rates) => new(
        Math.Round(rates.Connections, 2), Math.Round(rates.Failures, 2), Math.Round(rates.BytesIn, 2), Math.Round(rates.BytesOut, 2));

    /// <summary>To a tenth of a millisecond.</summary>
    public static double? Rounded(double? seconds) => seconds is { } known ? Math.Round(known, 4) : null;

    public static UnreadyItem Unready(ServicePort port) => new()
    {
        Namespace = port.Name.Namespace,
        Name = port.Name.Name,
        Port = port.Name.Port,
        PortNumber = port.Number,
        Protocol = port.Name.Protocol.Name(),
        IpFamily = Of(port.Family),
        Endpoints = port.Endpoints.Count,
        Ready = port.Endpoints.Count(endpoint => endpoint.Ready),
        Terminating = port.Endpoints.Count(endpoint => endpoint.Terminating),
        Used = port.HasEndpoints ? port.Endpoints.Count(endpoint => endpoint is { Serving: true, Terminating: true }) : 0,
    };

    /// <param name="port">Whose they are.</param>
    /// <param name="used">How many endpoints new connections may go to.</param>
    /// <param name="failing">Those of them that fail, or are silent.</param>
    /// <param name="now">Of the clock that people read.</param>
    public static FailingItem Failing(ServicePort port, int used, IReadOnlyList<EndpointReading> failing, DateTimeOffset now) => new()
    {
        Namespace = port.Name.Namespace,
        Name = port.Name.Name,
        Port = port.Name.Port,
        PortNumber = port.Number,
        Protocol = port.Name.Protocol.Name(),
        IpFamily = Of(port.Family),
        Endpoints = used,
        Failing = failing.Count,
        Endpoint = failing[0].Endpoint.Key,
        State = HealthWords.Of(failing[0].Health),
        LastError = HealthWords.ErrorOf(failing[0].LastDial),
        FailingSince = ToSeconds(now - failing[0].FailingFor),
    };

    public static IssueItem Of(TableIssue issue) => new(issue.Subject, issue.Reason, issue.Message) { Service = issue.Service, Place = issue.Place };

    public static FailedListenerItem Failed(ServicePortName name, ListenerReading listener) => new(
        name.Namespace, name.Name, name.Port, listener.Address.Kind.ToString(), listener.Address.Address.ToString(), listener.Address.Port, listener.Reason);

    /// <summary>Failed listeners that no issue covers yet: the cause is found a moment later, and an empty list would look healthy.</summary>
    public static IReadOnlyList<IssueItem> IssuesOf(IEnumerable<FailedListenerItem> failed, IReadOnlyList<IssueItem> known) =>
    [
        .. from listener in failed
           let at = Shown.EndPoint(listener.Address, listener.PortNumber)
           where !known.Any(issue => issue.Reason == ServiceProblem.ListenFailed && issue.Message.StartsWith($"{at}: ", StringComparison.Ordinal))
           select new IssueItem(
               $"Service {listener.Namespace}/{listener.Name}", ServiceProblem.ListenFailed, $"{at}: {listener.Reason ?? "it cannot be listened on"}"),
    ];

    /// <summary>To the millisecond: more would only look exact.</summary>
    public static double Seconds(TimeSpan time) => Math.Round(time.TotalSeconds, 3);

    private static bool IsUsed(EndpointReading endpoint, HashSet<IPEndPoint> chosen) => !endpoint.LeadsBack && chosen.Contains(endpoint.Endpoint.EndPoint);

    private static ListenerItem Of(ServicePort port, ListenerReading listener, IEnumerable<EndpointItem> endpoints, bool someLeadBack)
    {
        var queue = listener.ReadQueue();
        // Where clients from outside are dropped, those of this node go to every endpoint.
        var kind = listener is { State: ListenerState.Dropping, Listens: true } ? ListenerKind.ClusterIP : listener.Address.Kind;
        return new(
            listener.Address.Kind.ToString(), listener.Address.Address.ToString(), listener.Address.Port, listener.State.ToString(), listener.Reason,
            queue?.Waiting, queue?.Backlog, ListenerHealth.Of(ListenerHealth.UsedAt(kind.ToString(), endpoints), someLeadBack))
        {
            SourceRanges = listener.Address.Kind == ListenerKind.LoadBalancer ? [.. port.SourceRanges.Select(range => range.ToString())] : [],
            Cure = listener.Cure,
        };
    }

    private static UnservedItem Of(UnservedAddress unserved) =>
        new(unserved.Address.Kind.ToString(), unserved.Address.Address.ToString(), unserved.Address.Port, unserved.Because);

    private static EndpointItem Of(EndpointReading reading, DateTimeOffset now, bool usedInternally, bool usedExternally) => new()
    {
        Address = reading.Endpoint.Address.ToString(),
        Port = reading.Endpoint.Port,
        Ready = reading.Endpoint.Ready,
        Serving = reading.Endpoint.Serving,
        Terminating = reading.Endpoint.Terminating,
        Local = reading.Endpoint.IsLocal,
        Used = reading.Used,
        UsedInternally = usedInternally,
        UsedExternally = usedExternally,
        Ejected = reading.AsideFor is not null,
        State = HealthWords.Of(reading.Health),
        LastError = HealthWords.ErrorOf(reading.LastDial),
        FailsOnly = HealthWords.FailsOnly(reading),
        LastDialAt = ToSeconds(now - reading.LastDialAgo),
        FailingSince = ToSeconds(now - reading.FailingFor),
        AsideUntil = ToSeconds(now + reading.AsideFor),
        Weight = reading.Endpoint.Weight,
        NodeName = reading.Endpoint.NodeName,
        Zone = reading.Endpoint.Zone,
        ActiveConnections = reading.ActiveConnections,
        TotalConnections = reading.TotalConnections,
        FailedConnects = reading.FailedConnects,
        BytesIn = reading.BytesIn,
        BytesOut = reading.BytesOut,
    };

    /// <summary>It is made of two clocks: more would only look exact.</summary>
    private static DateTimeOffset? ToSeconds(DateTimeOffset? time) =>
        time is { } exact ? DateTimeOffset.FromUnixTimeSeconds((long)Math.Round(exact.ToUnixTimeMilliseconds() / 1000.0)) : null;

    private static HashSet<IPEndPoint> EndPointsOf(ServicePort port, TrafficPolicy policy) =>
        [.. (policy == TrafficPolicy.Local ? port.LocalEndpoints : port.ClusterEndpoints).Select(endpoint => endpoint.EndPoint)];

    private static string Of(AddressFamily family) => family == AddressFamily.InterNetwork ? "IPv4" : "IPv6";
}
