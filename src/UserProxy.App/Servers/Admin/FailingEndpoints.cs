using UserProxy.App.CommandLine;
using UserProxy.App.Explain;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Model;
using UserProxy.Policy;
using UserProxy.Reading;

namespace UserProxy.App.Servers.Admin;

/// <summary>
/// Finds the Service ports with endpoints that have not answered their last dial, for <c>/v1/status</c>. A port that listens while none answers is a fault,
/// and so is an endpoint that is a listener of this proxy, before any client has come. A port that others of its endpoints serve is told of beside the
/// faults: a Pod that is down is no matter of the proxy. So are silent ones.
/// </summary>
/// <param name="now">Of the clock that people read.</param>
internal sealed class FailingEndpoints(DateTimeOffset now)
{
    public const string Reason = "EndpointsFailing";

    private const int MostNamed = 100;

    private readonly List<TableIssue> _faults = [];
    private readonly List<FailingItem> _first = [], _firstSilent = [];

    /// <summary>Of ports of which no endpoint answers, or of which one leads back here.</summary>
    public IReadOnlyList<TableIssue> Faults => _faults;

    /// <summary>How many ports have endpoints that fail and others.</summary>
    public int Total { get; private set; }

    /// <summary>The first hundred of them.</summary>
    public IReadOnlyList<FailingItem> First => _first;

    /// <summary>How many ports have silent endpoints, and none that fails.</summary>
    public int SilentTotal { get; private set; }

    /// <summary>The first hundred of them.</summary>
    public IReadOnlyList<FailingItem> FirstSilent => _firstSilent;

    public void Look(ServiceReading service)
    {
        var loops = service.FindLoops();
        if (loops.Count > 0) _faults.Add(FaultOf(service.Name, loops));
        // That none answers says nothing new where all lead back.
        if (loops.Count > 0 && loops.Count == service.Counts.Used) return;
        // Most have had no client, and none of UDP is silent: their endpoints need not be read.
        bool isUsed = service is { Name.Protocol: TransportProtocol.Tcp, Counters.Accepted: > 0 };
        if (loops.Count == 0 && service.Counters.AllConnectFailures == 0 && !isUsed) return;
        var used = service.ReadEndpoints().Where(endpoint => endpoint.Used || endpoint.LeadsBack).ToList();
        var failing = used.Where(endpoint => endpoint.Health is EndpointHealth.Failing or EndpointHealth.Aside).ToList();
        if (failing.Count == 0)
        {
            LookAtSilent(service, used);
            return;
        }

        if (failing.Count == used.Count)
        {
            _faults.Add(FaultOf(service.Name, failing));
            return;
        }

        Total++;
        if (_first.Count < MostNamed) _first.Add(ToMessage.Failing(service.Port, used.Count, failing, now));
    }

    /// <summary>No fault: a client may wait for news on purpose.</summary>
    private void LookAtSilent(ServiceReading service, List<EndpointReading> used)
    {
        var silent = used.Where(endpoint => endpoint.Health == EndpointHealth.Silent).ToList();
        if (silent.Count == 0) return;
        SilentTotal++;
        if (_firstSilent.Count < MostNamed) _firstSilent.Add(ToMessage.Failing(service.Port, used.Count, silent, now));
    }

    /// <summary>In the words that the first client has logged.</summary>
    private static TableIssue FaultOf(ServicePortName name, IReadOnlyList<Endpoint> loops) => new(
        SubjectOf(name), ServiceProblem.EndpointLoop,
        $"{PortOf(name)}{OwnListeners.LoopOf(loops[0].EndPoint)}{(loops.Count > 1 ? $"; and {Amount.Of(loops.Count - 1, "other endpoint")}" : "")}");

    private static string SubjectOf(ServicePortName name) => $"Service {name.Namespace}/{name.Name}";

    private static string PortOf(ServicePortName name) => name.Port.Length == 0 ? "" : $"port {name.Port}: ";

    /// <summary>The subject says which Service it is.</summary>
    private static TableIssue FaultOf(ServicePortName name, List<EndpointReading> failing) => new(
        SubjectOf(name), Reason,
        $"{PortOf(name)}{Amount.NoneOf(failing.Count, "endpoint", "answers", "does not answer")}; "
            + $"{failing[0].Endpoint.Key}: {HealthWords.Sentence(failing[0].LastDial, name.Protocol)}{EndpointWords.Ago(failing[0])}");
}
