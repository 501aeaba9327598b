using System.Net;
using UserProxy.App.CommandLine;
using UserProxy.App.Explain;
using UserProxy.App.Inspect;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Verify.Probing;
using UserProxy.Policy;

namespace UserProxy.App.Verify.Steps;

/// <summary>
/// Do the endpoints take connections of this node? Dialled with <c>--dial</c>; else what the proxy's own dials have shown. Where one fails, the rules of this
/// node are asked whether they stop it; where clients' addresses are kept, always. Nothing is sent: what a UDP service would make of a datagram is not known.
/// </summary>
internal static class EndpointsAnswer
{
    private const int MostNamed = 5;

    public static Finding Of(VerifyFacts facts)
    {
        // Whether a dial under a client's address comes there, no dial of this node shows, nor what the proxy knows of whoever dialled last.
        var kept = DialAdmitted.OfKept(facts);
        if (kept is { Dropping.IsCertain: true } && facts.Request.From is not null) return Finding.Failed(kept.Says, kept.Cure, kept.Evidence);
        var known = ByWhatIsKnown(facts);
        if (known.Verdict == StepVerdict.Failed) return known;
        if (kept is not null)
            return Finding.CannotBeSeen($"whether endpoints answer that see their clients' addresses: {kept.Says}", kept.Cure, kept.Evidence);
        if (known.Verdict != StepVerdict.CannotBeSeen && EndBadly(facts) is { } ends) return ends;
        return known.Verdict == StepVerdict.NotAsked && facts.Request.From is null ? OfSomebody(facts) ?? known : known;
    }

    /// <summary>Endpoints answer, and their clients are not served all the same.</summary>
    private static Finding? EndBadly(VerifyFacts facts) => AskedOf(facts).Find(port => port.Service.BadEnds is not null) is not { } port ? null
        : Finding.CannotBeSeen(
            $"{facts.Of(port.Service)}whether clients are served: {port.Service.BadEnds!.Says}{Known(facts)}", port.Service.BadEnds.Next);

    /// <summary>An endpoint that has failed, for a client that a rule may have stopped: that it answers others is not shown.</summary>
    private static Finding? OfSomebody(VerifyFacts facts) => (
        from port in facts.Ports
        from endpoint in port.Service.Endpoints
        where (endpoint.Used || endpoint.Ejected) && endpoint.State is HealthWords.Failing or HealthWords.Aside
        let stopped = DialAdmitted.OfOthersAlone(facts, port.Service.Protocol, new IPEndPoint(IPAddress.Parse(endpoint.Address), endpoint.Port))
        where stopped is not null
        select Finding.CannotBeSeen(
            $"{Describe(facts, port, endpoint)}; whose dial that was is not known, and {stopped.Says}",
            $"userproxy verify {facts.Service} --dial --from CLIENT", stopped.Evidence)).FirstOrDefault();

    private static Finding ByWhatIsKnown(VerifyFacts facts)
    {
        var asked = AskedOf(facts);
        if (facts.Request.Dials && facts.Dials.Count > 0)
        {
            var dialled = ByDials(facts);
            if (dialled.Verdict == StepVerdict.Failed) return dialled;
            // No dial shows an endpoint of UDP, nor one that sees its clients: what the proxy knows of it stands.
            bool seesClient = facts.SeeingThisClient.Count > 0;
            return ByProxy(facts, seesClient ? asked : asked.Where(IsUdp)) ?? Silent(facts, asked) ?? Unanswered(facts, asked) ?? (seesClient
                ? Finding.NotAsked(
                    $"endpoints answer dials under this node's address; they see {facts.Request.From}, and whether they answer it no dial of this node shows",
                    $"userproxy trace {facts.Service}")
                : dialled);
        }

        if (ByProxy(facts, asked) is { } failing) return failing;
        if (Silent(facts, asked) is { } silent) return silent;
        if (DialAdmitted.OfUntold(facts) is { } stopped)
            return Finding.CannotBeSeen($"no {Sent(facts)} has shown it{Known(facts)}; {stopped.Says}", stopped.Cure, stopped.Evidence);
        if (Unanswered(facts, asked) is { } unanswered) return unanswered;
        if (facts.Ports.All(IsUdp))
            return Finding.NotAsked($"it is UDP, and what it makes of a datagram is not known{Known(facts)}", "ask it in its own protocol");
        return facts.Request.Dials
            ? Finding.NotAsked("no endpoint may be dialled")
            : Finding.NotAsked($"dials were not asked for{Known(facts)}", $"userproxy verify {facts.Service} --dial");
    }

    /// <summary>A client of one family never comes to what the other has.</summary>
    private static List<ExplainedPort> AskedOf(VerifyFacts facts) =>
        facts.Request.From is not { } from ? [.. facts.Ports]
            : [.. facts.Ports.Where(port => port.Service.Endpoints.All(endpoint => IPAddress.Parse(endpoint.Address).AddressFamily == from.AddressFamily))];

    /// <summary>A dial is answered by the kernel, whether or not anybody accepts.</summary>
    private static Finding? Silent(VerifyFacts facts, IEnumerable<ExplainedPort> asked)
    {
        var ports = asked.ToList();
        if (ports.Find(IsSilent) is { } mute)
        {
            return Finding.Failed(
                $"{facts.Of(mute.Service)}{Amount.NoneOf(mute.Endpoints.Count(endpoint => endpoint.Used), "endpoint", "answers", "does not answer")}: "
                    + "connections are taken, and nobody has had a byte since one waited",
                $"{SilentEndpoints.StepFor([.. mute.Endpoints.Where(endpoint => endpoint.Used)])} {SilentEndpoints.OnPurpose}",
                [.. mute.Endpoints.Where(endpoint => endpoint.Used).Take(MostNamed).Select(endpoint => $"{endpoint.Endpoint} {endpoint.Says}")]);
        }

        List<ExplainedEndpoint> silent = [.. ports.SelectMany(port => port.Endpoints).Where(SilentEndpoints.IsDoubted)];
        return SilentEndpoints.StepFor(silent) is not { } step ? null
            : Finding.CannotBeSeen(
                $"{Amount.Of(silent.Count, "endpoint")} {(silent.Count == 1 ? "takes" : "take")} connections; whether anybody accepts and answers them is not "
                    + "shown by a dial",
                step,
                [.. silent.Take(MostNamed).Select(endpoint => $"{endpoint.Endpoint} {endpoint.Says}")]);
    }

    /// <summary>Every endpoint that clients are sent to is silent.</summary>
    private static bool IsSilent(ExplainedPort port) =>
        port.Endpoints.Any(endpoint => endpoint.Used) && port.Endpoints.All(endpoint => !endpoint.Used || endpoint.State == HealthWords.Silent);

    /// <summary>Ports of UDP of which every endpoint that clients are sent to was sent datagrams, and none has sent one back.</summary>
    private static Finding? Unanswered(VerifyFacts facts, IEnumerable<ExplainedPort> asked)
    {
        foreach (var port in asked.Where(IsUdp))
        {
            var used = port.Service.Endpoints.Where(endpoint => endpoint.Used).ToList();
            if (used.Count == 0 || !used.TrueForAll(endpoint => endpoint.State == HealthWords.Unanswered)) continue;
            var first = used[0];
            return Finding.CannotBeSeen(
                $"{facts.Of(port.Service)}clients' datagrams went to {Amount.Of(used.Count, "endpoint")}, and none has come back; whether anybody reads "
                    + "them is not shown",
                $"ask it in its own protocol; on the host of {Shown.Address(first)}: userproxy inspect {Shown.Number(first.Port)} --address "
                    + $"{first.Address} --udp",
                [.. used.Take(MostNamed).Select(endpoint => Describe(facts, port, endpoint))]);
        }

        return null;
    }

    private static Finding ByDials(VerifyFacts facts)
    {
        var family = facts.Request.From?.AddressFamily;
        var dials = facts.Dials.Where(dial => family is null || IPEndPoint.Parse(dial.Endpoint).AddressFamily == family).ToList();
        if (dials.Count == 0) return Finding.NotAsked("no endpoint of the client's family may be dialled");
        var failed = dials.Where(dial => !dial.Answered).ToList();
        string sample = facts.Dials.Count < facts.Dialable ? $", a sample of {facts.Dialable}," : "";
        string longest = Words.Time(dials.Max(dial => dial.Took));
        if (failed.Count == 0)
            return Finding.Ok(
                $"{Amount.Of(dials.Count, "endpoint")}{sample} answered, the slowest in {longest}",
                facts.Ports.Any(IsUdp) ? (string[])["its UDP ports were not asked: what they make of a datagram is not known"] : []);
        var first = failed[0];
        string says = $"{failed.Count} of {Amount.Of(dials.Count, "endpoint")}{sample} {(failed.Count == 1 ? "does" : "do")} not take a connection: "
            + $"{first.Endpoint} {Describe(first)}";
        string next = facts.Ports.Where(port => !IsUdp(port)).SelectMany(port => port.NextSteps)
                .FirstOrDefault(step => step.StartsWith($"{first.Endpoint} ", StringComparison.Ordinal))
            ?? Advice(facts, first);
        return WithRules(facts, "TCP", IPEndPoint.Parse(first.Endpoint), Finding.Failed(
            says, next, [.. failed.Skip(1).Take(MostNamed).Select(dial => $"{dial.Endpoint} {Describe(dial)}"),
            .. failed.Count > MostNamed + 1 ? [$"and {failed.Count - MostNamed - 1} more"] : Array.Empty<string>()]));
    }

    /// <summary>Endpoints that clients are sent to and whose last dial failed; those of a port without any other first.</summary>
    private static Finding? ByProxy(VerifyFacts facts, IEnumerable<ExplainedPort> judged)
    {
        var ports = judged.Select(port => (Port: port, Used: port.Service.Endpoints.Where(endpoint => endpoint.Used || endpoint.Ejected).ToList()))
            .Select(port => (port.Port, All: port.Used.Count, Failed: port.Used.Where(endpoint => Fails(facts, port.Port, endpoint)).ToList()))
            .Where(port => port.Failed.Count > 0).OrderBy(port => port.Failed.Count == port.All ? 0 : 1).ToList();
        if (ports.Count == 0) return null;
        var (port, all, failed) = ports[0];
        string first = Shown.Address(failed[0]);
        string how = failed.Count == all
            ? Amount.NoneOf(all, "endpoint", "answers the proxy", "does not answer the proxy")
            : $"{failed.Count} of {Amount.Of(all, "endpoint")} did not take the proxy's last {(port.Service.Protocol == "UDP" ? "datagram" : "dial")}";
        List<string> others = [.. ports.SelectMany(each => each.Failed.Select(endpoint => Describe(facts, each.Port, endpoint))).Skip(1)];
        return WithRules(facts, port.Service.Protocol, new IPEndPoint(IPAddress.Parse(failed[0].Address), failed[0].Port), Finding.Failed(
            $"{facts.Of(port.Service)}{how}: {first} {Says(port, failed[0])}",
            facts.StepOf(port, failed),
            [.. others.Take(MostNamed), .. others.Count > MostNamed ? [$"and {others.Count - MostNamed} more"] : Array.Empty<string>()]));
    }

    /// <summary>What stops the dial for certain is the cause; what may is evidence.</summary>
    private static Finding WithRules(VerifyFacts facts, string protocol, IPEndPoint endpoint, Finding found)
    {
        if (DialAdmitted.Of(facts, protocol, endpoint) is not { } stopped) return found;
        bool isCertain = stopped.Dropping.IsCertain;
        return found with
        {
            Says = isCertain ? $"{found.Says}; {stopped.Says}" : found.Says,
            Evidence = [.. isCertain ? [] : (string[])[stopped.Says], .. stopped.Evidence, .. found.Evidence],
            Next = isCertain ? stopped.Cure : found.Next is { } next ? $"{next}; or does the rule above stop it?" : stopped.Cure,
        };
    }

    private static string Sent(VerifyFacts facts) => facts.Ports.All(IsUdp) ? "datagram" : "dial";

    private static bool IsUdp(ExplainedPort port) => port.Service.Protocol == "UDP";

    private static bool Fails(VerifyFacts facts, ExplainedPort port, EndpointItem endpoint) => endpoint.State is HealthWords.Failing or HealthWords.Aside
        && DialAdmitted.OfOthersAlone(facts, port.Service.Protocol, new IPEndPoint(IPAddress.Parse(endpoint.Address), endpoint.Port)) is null;

    private static string Describe(VerifyFacts facts, ExplainedPort port, EndpointItem endpoint) =>
        $"{facts.Of(port.Service)}{Shown.Address(endpoint)} {Says(port, endpoint)}";

    private static string? Says(ExplainedPort port, EndpointItem endpoint) =>
        port.Endpoints.FirstOrDefault(words => words.Endpoint == Shown.Address(endpoint))?.Says ?? endpoint.LastError;

    private static string Known(VerifyFacts facts)
    {
        int answering = facts.Ports.Sum(port => port.Service.EndpointsAnswering), all = facts.Ports.Sum(port => port.Service.Endpoints.Count);
        // Of UDP it may be a service that never answers, and it may be a dead one.
        int silent = facts.Ports.Sum(port => port.Service.Endpoints.Count(endpoint => endpoint.State == HealthWords.Unanswered));
        return (answering == 0 ? "" : $"; the proxy's last {Sent(facts)}s: {answering} of {Amount.Of(all, "endpoint")} answered")
            + (silent == 0 ? "" : $"; {silent} of {Amount.Of(all, "endpoint")} {(silent == 1 ? "has" : "have")} been sent datagrams and sent none back");
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
        var (address, port) = (IPEndPoint.Parse(dial.Endpoint).Address, IPEndPoint.Parse(dial.Endpoint).Port);
        if (facts.Declared.IsOfManifests)
            return dial.Outcome == ConnectOutcome.Refused
                ? $"userproxy inspect {port} --address {address}, on its host: does anything listen there?"
                : $"ping -c 3 {address}: is its host up? If so, a firewall drops what comes from here";
        return dial.Outcome == ConnectOutcome.Refused
            ? $"{facts.Kubectl} get pods -o wide: does the Pod listen on port {port} on all its addresses?"
            : $"{facts.Kubectl} get pods -o wide: is the network to its node up, and does nothing drop what comes from here?";
    }
}
