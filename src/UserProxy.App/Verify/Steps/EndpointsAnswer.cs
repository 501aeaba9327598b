using System.Net;
using UserProxy.App.CommandLine;
using UserProxy.App.Inspect;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Verify.Probing;
using UserProxy.Policy;

namespace UserProxy.App.Verify.Steps;

/// <summary>
/// Do the endpoints take connections of this node? Dialled with <c>--dial</c>; else what the proxy's own dials have shown. Nothing is sent: what a UDP service
/// would make of a datagram is not known.
/// </summary>
internal static class EndpointsAnswer
{
    private const int MostNamed = 5;

    public static Finding Of(VerifyFacts facts)
    {
        if (facts.Request.Dials && facts.Dials.Count > 0) return ByDials(facts);
        if (ByProxy(facts) is { } failing) return failing;
        if (!facts.Ports.Any(port => port.Service.Protocol == "TCP"))
            return Finding.NotAsked($"it is UDP, and what it makes of a datagram is not known{Known(facts)}", "ask it in its own protocol");
        return facts.Request.Dials
            ? Finding.NotAsked("no endpoint may be dialled")
            : Finding.NotAsked($"dials were not asked for{Known(facts)}", $"userproxy verify {facts.Service} --dial");
    }

    private static Finding ByDials(VerifyFacts facts)
    {
        var failed = facts.Dials.Where(dial => !dial.Answered).ToList();
        string sample = facts.Dials.Count < facts.Dialable ? $", a sample of {facts.Dialable}," : "";
        string longest = facts.Dials.Count == 0 ? "" : Words.Time(facts.Dials.Max(dial => dial.Took));
        if (failed.Count == 0)
            return Finding.Ok($"{Amount.Of(facts.Dials.Count, "endpoint")}{sample} answered, the slowest in {longest}");
        var first = failed[0];
        string says = $"{failed.Count} of {Amount.Of(facts.Dials.Count, "endpoint")}{sample} {(failed.Count == 1 ? "does" : "do")} not take a connection: "
            + $"{first.Endpoint} {Describe(first)}";
        string next = facts.Ports.SelectMany(port => port.NextSteps).FirstOrDefault(step => step.StartsWith(first.Endpoint, StringComparison.Ordinal))
            ?? Advice(facts, first);
        return Finding.Failed(says, next, [.. failed.Skip(1).Take(MostNamed).Select(dial => $"{dial.Endpoint} {Describe(dial)}"),
            .. failed.Count > MostNamed + 1 ? [$"and {failed.Count - MostNamed - 1} more"] : Array.Empty<string>()]);
    }

    /// <summary>A port of which every endpoint that is used fails.</summary>
    private static Finding? ByProxy(VerifyFacts facts)
    {
        foreach (var port in facts.Ports)
        {
            var used = port.Service.Endpoints.Where(endpoint => endpoint.Used || endpoint.Ejected).ToList();
            if (used.Count == 0 || !used.TrueForAll(endpoint => endpoint.State is HealthWords.Failing or HealthWords.Aside)) continue;
            var words = port.Endpoints.FirstOrDefault(endpoint => endpoint.Endpoint == Shown.Address(used[0]));
            return Finding.Failed(
                $"{facts.Of(port.Service)}none of {Amount.Of(used.Count, "endpoint")} answers the proxy: {Shown.Address(used[0])} "
                    + (words?.Says ?? used[0].LastError),
                VerifyFacts.StepOf(port) ?? $"userproxy explain {facts.Service}");
        }

        return null;
    }

    private static string Known(VerifyFacts facts)
    {
        int answering = facts.Ports.Sum(port => port.Service.EndpointsAnswering), all = facts.Ports.Sum(port => port.Service.Endpoints.Count);
        return answering == 0 ? "" : $"; the proxy's last dials: {answering} of {Amount.Of(all, "endpoint")} answered";
    }

    private static string Describe(DialledEndpoint dial) => dial.Outcome switch
    {
        ConnectOutcome.Refused => "refused",
        ConnectOutcome.TimedOut => $"did not answer within {Words.Time(dial.Took)}",
        ConnectOutcome.Unreachable => "cannot be reached: the network says that there is no way",
        _ => "could not be dialled from this node (no port, descriptor or permission)",
    };

    private static string Advice(VerifyFacts facts, DialledEndpoint dial)
    {
        string port = dial.Endpoint[(dial.Endpoint.LastIndexOf(':') + 1)..];
        if (facts.Declared.IsOfManifests)
            return dial.Outcome == ConnectOutcome.Refused
                ? $"userproxy inspect {port}, on its host: does anything listen there?"
                : $"ping -c 3 {IPEndPoint.Parse(dial.Endpoint).Address}: is its host up? If so, a firewall drops what comes from here";
        return dial.Outcome == ConnectOutcome.Refused
            ? $"{facts.Kubectl} get pods -o wide: does the Pod listen on port {port} on all its addresses?"
            : $"{facts.Kubectl} get pods -o wide: is the network to its node up, and does nothing drop what comes from here?";
    }
}
