using UserProxy.App.CommandLine;
using UserProxy.App.Explain;
using UserProxy.Model;
using UserProxy.Reading;

namespace UserProxy.App.Servers.Admin;

/// <summary>A Service port that listens while none of its endpoints has answered its last dial, as a fault that <c>/v1/status</c> tells.</summary>
internal static class FailingEndpoints
{
    public const string Reason = "EndpointsFailing";

    public static TableIssue? IssueOf(ServiceReading service)
    {
        // Most have never had a failed dial: their endpoints need not be read.
        if (service.Counters.AllConnectFailures == 0) return null;
        var used = service.ReadEndpoints().Where(endpoint => endpoint.Used).ToList();
        var failing = used.Where(endpoint => endpoint.Health is EndpointHealth.Failing or EndpointHealth.Aside).ToList();
        // One that nobody has dialled yet may answer.
        if (failing.Count == 0 || failing.Count < used.Count) return null;
        var name = service.Name;
        return new TableIssue(
            $"Service {name.Namespace}/{name.Name}", Reason,
            $"{name}: none of {Amount.Of(used.Count, "endpoint")} answers; {failing[0].Endpoint.Key}: {HealthWords.Sentence(failing[0].LastDial)}"
                + EndpointWords.Ago(failing[0]));
    }
}
