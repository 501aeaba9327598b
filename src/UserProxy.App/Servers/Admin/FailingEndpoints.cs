using UserProxy.App.CommandLine;
using UserProxy.App.Explain;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Model;
using UserProxy.Reading;

namespace UserProxy.App.Servers.Admin;

/// <summary>
/// Finds the Service ports with endpoints that have not answered their last dial, for <c>/v1/status</c>. A port that listens while none answers is a fault.
/// One that others of its endpoints serve is told of beside the faults: a Pod that is down is no matter of the proxy.
/// </summary>
/// <param name="now">Of the clock that people read.</param>
internal sealed class FailingEndpoints(DateTimeOffset now)
{
    public const string Reason = "EndpointsFailing";

    private const int MostNamed = 100;

    private readonly List<TableIssue> _faults = [];
    private readonly List<FailingItem> _first = [];

    /// <summary>Of ports of which no endpoint answers.</summary>
    public IReadOnlyList<TableIssue> Faults => _faults;

    /// <summary>How many ports have endpoints that fail and others.</summary>
    public int Total { get; private set; }

    /// <summary>The first hundred of them.</summary>
    public IReadOnlyList<FailingItem> First => _first;

    public void Look(ServiceReading service)
    {
        // Most have never had a failed dial: their endpoints need not be read.
        if (service.Counters.AllConnectFailures == 0) return;
        var used = service.ReadEndpoints().Where(endpoint => endpoint.Used).ToList();
        var failing = used.Where(endpoint => endpoint.Health is EndpointHealth.Failing or EndpointHealth.Aside).ToList();
        if (failing.Count == 0) return;
        if (failing.Count == used.Count)
        {
            _faults.Add(FaultOf(service.Name, failing));
            return;
        }

        Total++;
        if (_first.Count < MostNamed) _first.Add(ToMessage.Failing(service.Port, used.Count, failing, now));
    }

    /// <summary>The subject says which Service it is.</summary>
    private static TableIssue FaultOf(ServicePortName name, List<EndpointReading> failing) => new(
        $"Service {name.Namespace}/{name.Name}", Reason,
        $"{(name.Port.Length == 0 ? "" : $"port {name.Port}: ")}{Amount.NoneOf(failing.Count, "endpoint", "answers", "does not answer")}; "
            + $"{failing[0].Endpoint.Key}: {HealthWords.Sentence(failing[0].LastDial, name.Protocol)}{EndpointWords.Ago(failing[0])}");
}
