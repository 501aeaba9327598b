using UserProxy.Counting;
using UserProxy.Kubernetes;
using UserProxy.Kubernetes.Client;
using UserProxy.Kubernetes.Client.Events;

namespace UserProxy.App.Servers.Metrics;

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

    public void Declare(MetricFamilies families)
    {
        var requests = families.Counter(
            "rest_client_requests_total", "Requests to the API server, by the status of the answer; <error> is none.", "code", "host", "method");
        var ages = families.Gauge(
            "userproxy_watch_last_event_age_seconds", "Since the API server last said anything about a resource; about a minute at most while all is well.",
            "resource");
        var ups = families.Gauge("userproxy_watch_up", "1 while a resource can be followed, 0 while its last known state is served.", "resource");
        var restarts = families.Counter(
            "userproxy_watch_restarts_total", "Watches that have ended, by reason; 'closed' is how a healthy one does.", "resource", "reason");
        var written = families.Counter("userproxy_events_total", "Kubernetes Events: written, suppressed as repeats, or dropped.", "outcome");
        var durationsOf = new Dictionary<string, HistogramSeries>(StringComparer.Ordinal);
        families.OnCollect(() =>
        {
            foreach (var ((method, code), count) in client.Requests) requests.WithLabels(code, _host, method).IncTo(count);
            foreach (var (method, durations) in client.Durations) DurationsOf(families, durationsOf, method, durations).Update();
            foreach (var facts in source.Facts)
            {
                if (facts.Age is { } age) ages.WithLabels(facts.Resource).Set(age.TotalSeconds);
                ups.WithLabels(facts.Resource).Set(facts is { Trouble: null, Lists: > 0 } ? 1 : 0);
                foreach (var (reason, count) in facts.Restarts) restarts.WithLabels(facts.Resource, reason).IncTo(count);
            }

            written.WithLabels("written").IncTo(events.Reported);
            written.WithLabels("suppressed").IncTo(events.Suppressed);
            written.WithLabels("dropped").IncTo(events.Dropped);
        });
    }

    /// <summary>The family comes with the first request, which knows the bounds.</summary>
    private HistogramSeries DurationsOf(
        MetricFamilies families, Dictionary<string, HistogramSeries> known, string method, DurationHistogram durations)
    {
        if (known.TryGetValue(method, out var series)) return series;
        var family = families.Histogram(
            "rest_client_request_duration_seconds", "How long answers of the API server took until their headers were there.", durations.Bounds, "host",
            "verb");
        return known[method] = new HistogramSeries(family.WithLabels(_host, method), durations);
    }

    private static string KindOf(string resource) => resource switch
    {
        "services" => "Service",
        "endpointslices" => "EndpointSlice",
        "nodes" => "Node",
        _ => resource,
    };
}
