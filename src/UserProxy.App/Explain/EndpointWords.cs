using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Model;
using UserProxy.Reading;
using UserProxy.Scheduling;

namespace UserProxy.App.Explain;

/// <summary>
/// Says of one endpoint which clients' new connections go to it and why the others' do not, by the lists that were made and the rules that made them. Asked by
/// <see cref="Explainer"/>.
/// </summary>
internal static class EndpointWords
{
    public static ExplainedEndpoint Of(ExplainableEndpoint explained, ServicePort declared, OwnNode node) =>
        Judge(explained, declared, node) with { State = HealthWords.Of(explained.Reading.Health) };

    private static ExplainedEndpoint Judge(ExplainableEndpoint explained, ServicePort declared, OwnNode node)
    {
        var (reading, endpoint) = (explained.Reading, explained.Reading.Endpoint);
        string key = endpoint.Key;
        bool isUdp = declared.Name.Protocol == TransportProtocol.Udp;
        if (explained.Refusal is { } refusal)
            return new(key, Used: false, $"{(isUdp ? "nothing is sent to it" : "never dialled")}: {refusal}", Refusal: refusal);

        var audiences = EndpointAudience.Of(declared);
        var (served, left) = (audiences.Where(audience => audience.Uses(endpoint)).ToList(), audiences.Where(audience => !audience.Uses(endpoint)).ToList());
        if (served.Count == 0) return new(key, Used: false, WhyNot(endpoint, left, declared, node));

        string says = endpoint.Ready ? "ready"
            : served.TrueForAll(audience => audience.IsLocal) ? "still serves while it terminates, and no endpoint on this node is ready"
            : "still serves while it terminates, and no endpoint is ready";
        foreach (var (why, excluded) in left.GroupBy(audience => WhyLeftOut(endpoint, audience, declared, node)).Select(group => (group.Key, group.ToList())))
            says += $"; not for {string.Join(" and ", excluded.Select(audience => audience.Name))}, as {why}{Policies(excluded)}";

        string dial = Dial(declared.Name.Protocol);
        if (reading.AsideFor is { } aside)
            return new(key, Used: false, $"{says}; aside for {Seconds(aside)} more, after {reading.FailuresInARow} failed {dial}s in a row"
                + $"{(reading.LastDialAgo is { } last ? $", the last {Seconds(last)} ago" : "")}{Error(reading, declared.Name.Protocol)}");
        if (reading.FailingFor is { } failing)
        {
            string which = reading.AnswersOthers ? WhichFail(reading, dial) : Dials(reading.FailuresInARow, dial) + Ago(reading);
            says += $"; failing for {Seconds(failing)}, {which}{Error(reading, declared.Name.Protocol)}"
                + (reading.AnswersOthers ? WhichDoNot(reading, dial) : "");
        }
        else if (reading.FailuresInARow > 0) says += $"; the last {Amount.OfMany(reading.FailuresInARow, dial)} failed";
        else if (reading.Health == EndpointHealth.Answering) says += $"; answering{Heard(reading, declared.Name.Protocol)}";
        else if (reading.Health == EndpointHealth.Silent)
            says += $"; silent: takes connections{Heard(reading, declared.Name.Protocol)}, and nobody has had an answer since one waited for it";
        else says += reading.Health == EndpointHealth.Unanswered ? "; no datagram has come back yet"
            : isUdp ? "; no datagram has gone there yet" : "; not dialled yet";
        return new(key, Used: true, says);
    }

    /// <summary>A dial that this node could not make is in no row.</summary>
    private static string Dials(int inARow, string dial) => $"the last {(inARow > 0 ? Amount.OfMany(inARow, dial) : dial)}";

    /// <summary>The last one of all may be one that was answered: how long ago a failed one was is not known.</summary>
    private static string WhichFail(EndpointReading reading, string dial) => $"the last {dial} under {Whose(reading.FailsClients)}";

    private static string WhichDoNot(EndpointReading reading, string dial) => $"; {dial}s under {Whose(!reading.FailsClients)} are answered";

    private static string Whose(bool clients) => clients ? "a client's address" : "this node's address";

    /// <summary>UDP has no dial.</summary>
    public static string Dial(TransportProtocol protocol) => protocol == TransportProtocol.Udp ? "datagram" : "dial";

    /// <summary>For how long nobody has asked it: an endpoint that answered a day ago may be gone.</summary>
    private static string Heard(EndpointReading reading, TransportProtocol protocol) =>
        reading.LastDialAgo is { } ago ? $" (last {Dial(protocol)} {Seconds(ago)} ago)" : "";

    /// <summary><c> (12s ago)</c></summary>
    public static string Ago(EndpointReading reading) => reading.LastDialAgo is { } ago ? $" ({Seconds(ago)} ago)" : "";

    private static string Error(EndpointReading reading, TransportProtocol protocol) =>
        reading.LastDial > LastDial.Answered ? $": {HealthWords.Sentence(reading.LastDial, protocol)}" : "";

    private static string WhyNot(Endpoint endpoint, List<EndpointAudience> left, ServicePort declared, OwnNode node)
    {
        bool isOutOfReach = !endpoint.IsLocal && left.TrueForAll(audience => audience.IsLocal);
        if (endpoint.Ready) return $"ready, but {Reasons()}";
        // With manifests nobody probes.
        if (!endpoint.Terminating)
            return declared.Manifest is null ? "not ready: its readiness probe does not pass, or not yet"
                : "not ready: the manifest declares it so (conditions.ready: false)";
        if (!endpoint.Serving) return "terminating, and it no longer serves";
        if (isOutOfReach) return $"terminating, and {Reasons()}";
        return endpoint.IsLocal && left.Exists(audience => audience.IsLocal)
            ? "terminating: used only while no endpoint on this node is ready"
            : "terminating: used only while no endpoint is ready";

        string Reasons() => string.Join(
            "; ", left.GroupBy(audience => WhyLeftOut(endpoint, audience, declared, node)).Select(
                group => $"{group.Key}{Policies(group.Where(audience => audience.IsLocal))}"));
    }

    /// <summary>Of an endpoint that could be used, and is not by this audience.</summary>
    private static string WhyLeftOut(Endpoint endpoint, EndpointAudience audience, ServicePort declared, OwnNode node)
    {
        if (audience.IsLocal && !endpoint.IsLocal) return endpoint.NodeName is { } name ? $"it is on node {name}" : "its node is not named";
        if (endpoint.Ready) return Hints(endpoint, node) ?? "its hints leave it out";
        return declared.Endpoints.Any(other => other is { Ready: true, IsLocal: true })
            ? "an endpoint on this node is ready"
            : "an endpoint on another node is ready";
    }

    private static string? Hints(Endpoint endpoint, OwnNode node)
    {
        if (endpoint.ForNodes.Count > 0 && !endpoint.ForNodes.Contains(node.Name))
            return $"its hints are for other nodes ({string.Join(", ", endpoint.ForNodes)})";
        return endpoint.ForZones.Count > 0 && (node.Zone is null || !endpoint.ForZones.Contains(node.Zone))
            ? $"its hints are for zone {string.Join(", ", endpoint.ForZones)}, and this node is in {node.Zone ?? "none"}"
            : null;
    }

    /// <summary><c> (internalTrafficPolicy Local)</c></summary>
    private static string Policies(IEnumerable<EndpointAudience> audiences)
    {
        string text = string.Join(", ", audiences.Select(audience => audience.Policy).OfType<string>());
        return text.Length == 0 ? "" : $" ({text})";
    }

    private static string Seconds(TimeSpan time) => GoDuration.Format(TimeSpan.FromSeconds(Math.Ceiling(time.TotalSeconds)));
}
