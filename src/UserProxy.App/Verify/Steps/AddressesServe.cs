using System.Globalization;
using System.Net;
using UserProxy.App.Inspect;
using UserProxy.App.Verify.Probing;

namespace UserProxy.App.Verify.Steps;

/// <summary>Does a connection of this node through each of the Service's own addresses come to an endpoint?</summary>
internal static class AddressesServe
{
    public static Finding Of(VerifyFacts facts)
    {
        if (!facts.Ports.Any(port => port.Service.Protocol == "TCP"))
            return Finding.NotAsked("it is UDP, and what it makes of a datagram is not known", "ask it in its own protocol");
        if (!facts.Request.Connects) return Finding.NotAsked("connections were not asked for", $"userproxy verify {facts.Service} --from-node");
        var tried = facts.Tries.Where(one => Expected(facts, one)).ToList();
        var left = facts.Tries.Except(tried).Select(one => $"{one.Target} ({one.Kind}) has no endpoint for this node").ToList();
        if (facts.NotTried > 0) left.Add(string.Create(CultureInfo.InvariantCulture, $"{facts.NotTried} more addresses were not tried"));
        if (tried.Count == 0) return Finding.NotAsked("no address serves this node");
        var failed = tried.Where(one => one.Reached != Reached.Endpoint).ToList();
        if (failed.Count == 0)
            return Finding.Ok(
                $"{tried.Count} {(tried.Count == 1 ? "connection" : "connections")} came to an endpoint", left) with
            { Details = [.. tried.Select(Describe)] };
        var first = failed[0];
        return Finding.Failed(
            $"a connection of this node {Describe(first)}",
            first.Reached == Reached.Reset
                ? $"userproxy trace {facts.Service}, and connect again: it says who has reset it, the endpoint (backend_rst) or the proxy, and why"
                : $"sudo userproxy inspect {first.Target.Port} --address {first.Target.Address}",
            [.. failed.Skip(1).Select(Describe), .. tried.Except(failed).Select(Describe), .. left]);
    }

    /// <summary>Only where explain says that it goes somewhere.</summary>
    private static bool Expected(VerifyFacts facts, TriedAddress tried) =>
        facts.Ports.SelectMany(port => port.Addresses).Any(address => address.Kind == tried.Kind && address.NextEndpoint is not null
            && IPEndPoint.TryParse(address.Address, out var at) && at.Port == tried.Target.Port
            && (at.Address.Equals(tried.Target.Address)
                || (AddressesListened.IsWildcard(at.Address) && at.AddressFamily == tried.Target.AddressFamily)));

    private static string Describe(TriedAddress tried)
    {
        string to = $"to {tried.Target} ({tried.Kind})";
        return tried.Reached switch
        {
            Reached.Endpoint => $"{to} came to {tried.Endpoint ?? "an endpoint"} within {Words.Time(tried.Took)}",
            Reached.Reset => $"{to} was accepted and reset after {Words.Time(tried.Took)}"
                + (tried.Endpoint is { } had ? $", when {had} had it" : ", by its endpoint or as none took it"),
            Reached.Refused => $"{to} was refused",
            Reached.Nothing => $"{to} had no answer within {Words.Time(tried.Took)}",
            Reached.SomebodyElse => $"{to} was established, and the proxy does not have it",
            _ => $"{to} could not be tried",
        };
    }
}
