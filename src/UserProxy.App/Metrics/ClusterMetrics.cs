using UserProxy.Kubernetes;
using UserProxy.Kubernetes.Client;
using UserProxy.Kubernetes.Client.Events;

namespace UserProxy.App.Metrics;

/// <summary>The families about the API server: requests, under client-go's names, and how the resources are followed.</summary>
internal sealed class ClusterMetrics(ApiClient client, KubernetesSource source, EventReporter events)
{
    private readonly string _host = client.Server.Authority;

    /// <summary>Objects that could not be read at all, by kind, and by whether a list or a watch had them.</summary>
    public IEnumerable<(string Kind, string Reason, long Count)> Unreadable =>
        from facts in source.Facts
        from invalid in facts.InvalidObjects
        orderby facts.Resource, invalid.Key
        select (KindOf(facts.Resource), invalid.Key, invalid.Value);

    public async Task WriteAsync(MetricWriter writer)
    {
        await writer.FamilyAsync("rest_client_requests_total", MetricKind.Counter, "Requests to the API server, by the status of the answer; <error> is none.");
        foreach (var ((method, code), count) in client.Requests.OrderBy(pair => pair.Key)) writer.Sample(Labels.Of(("code", code), ("host", _host), ("method", method)), count);

        await writer.FamilyAsync("rest_client_request_duration_seconds", MetricKind.Histogram, "How long answers of the API server took until their headers were there.");
        foreach (var (method, histogram) in client.Durations.OrderBy(pair => pair.Key, StringComparer.Ordinal)) writer.Sample(Labels.Of(("host", _host), ("verb", method)), histogram.Read());

        await writer.FamilyAsync("userproxy_watch_last_event_age_seconds", MetricKind.Gauge, "Since the API server last said anything about a resource; about a minute at most while all is well.");
        foreach (var facts in source.Facts.Where(facts => facts.Age is not null)) writer.Sample(Labels.Of("resource", facts.Resource), facts.Age!.Value.TotalSeconds);

        await writer.FamilyAsync("userproxy_watch_up", MetricKind.Gauge, "1 while a resource can be followed, 0 while its last known state is served.");
        foreach (var facts in source.Facts) writer.Sample(Labels.Of("resource", facts.Resource), facts is { Trouble: null, Lists: > 0 } ? 1 : 0);

        await writer.FamilyAsync("userproxy_watch_restarts_total", MetricKind.Counter, "Watches that have ended, by reason; 'closed' is how a healthy one does.");
        foreach (var facts in source.Facts)
        {
            foreach (var (reason, count) in facts.Restarts.OrderBy(pair => pair.Key, StringComparer.Ordinal)) writer.Sample(Labels.Of(("resource", facts.Resource), ("reason", reason)), count);
        }

        await writer.FamilyAsync("userproxy_events_total", MetricKind.Counter, "Kubernetes Events: written, suppressed as repeats, or dropped.");
        writer.Sample(Labels.Of("outcome", "written"), events.Reported);
        writer.Sample(Labels.Of("outcome", "suppressed"), events.Suppressed);
        writer.Sample(Labels.Of("outcome", "dropped"), events.Dropped);
    }

    private static string KindOf(string resource) => resource switch
    {
        "services" => "Service",
        "endpointslices" => "EndpointSlice",
        "nodes" => "Node",
        _ => resource,
    };
}
