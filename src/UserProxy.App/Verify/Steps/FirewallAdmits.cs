using System.Net;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;

namespace UserProxy.App.Verify.Steps;

/// <summary>
/// Do the chains of this node let clients of one listener in, and the answers out? A part of <see cref="NotShadowed"/>: a firewall that drops what no rule lets
/// in does not name the port.
/// </summary>
internal static class FirewallAdmits
{
    private const int MostNamed = 5;

    private const string ShowAll = "sudo nft list ruleset; sudo iptables-save";

    /// <summary>
    /// A failed step where the client that is asked for is dropped for certain; what cannot be decided, and what becomes of clients that were not asked for,
    /// cannot be seen. Null: they come through.
    /// </summary>
    /// <param name="facts">What was seen.</param>
    /// <param name="service">Whose listener.</param>
    /// <param name="listener">That is listening.</param>
    /// <param name="followed">Its clients, from <see cref="Follow"/>.</param>
    /// <param name="passes">A connection of this node came through it.</param>
    public static Finding? Of(VerifyFacts facts, ServiceItem service, ListenerItem listener, IReadOnlyList<Followed> followed, bool passes)
    {
        Finding? doubt = null;
        foreach (var (packet, who, dropping, isAnswer) in followed)
        {
            if ((packet.IsLocal && passes) || dropping is null) continue;
            var found = Describe(facts, service, listener, packet, who, dropping, isAnswer);
            if (found.Verdict == StepVerdict.Failed) return found;
            // Of clients outside last: they are more.
            doubt = found;
        }

        return doubt;
    }

    /// <summary>That the client of <c>--from</c> is not met by what a rule says of all.</summary>
    public static bool LetsIn(VerifyFacts facts, IReadOnlyList<Followed> followed) =>
        facts.Request.From is not null && followed.Count > 0 && followed.All(one => one.Dropping is null);

    /// <summary>What becomes of the clients of a listener; empty where no chains could be listed.</summary>
    /// <param name="facts">What was seen.</param>
    /// <param name="service">Whose listener.</param>
    /// <param name="listener">That is listening.</param>
    /// <param name="addresses">Where it is met.</param>
    public static IReadOnlyList<Followed> Follow(VerifyFacts facts, ServiceItem service, ListenerItem listener, IReadOnlyList<IPAddress> addresses)
    {
        List<FilterChain> chains = [.. AddressesListened.LooksAt(facts, service, listener).SelectMany(look => look.Chains)];
        if (chains.Count == 0) return [];
        var tables = ChainTable.Of(chains);
        return [.. PacketsOf(facts, service, listener, addresses).Select(one => FollowOne(tables, one.Packet, one.Who))];
    }

    /// <summary>The client of <c>--from</c>; without one a process of this node, and after it whoever else may come.</summary>
    private static IEnumerable<(Packet Packet, string Who)> PacketsOf(
        VerifyFacts facts, ServiceItem service, ListenerItem listener, IReadOnlyList<IPAddress> addresses)
    {
        if (addresses.Count == 0) yield break;
        var protocol = service.Protocol == "UDP" ? TransportProtocol.Udp : TransportProtocol.Tcp;
        string? device = facts.Network.DeviceOf(addresses[0].AddressFamily);
        List<IPAddress> outside = [.. addresses.Where(address => !IPAddress.IsLoopback(address))];
        if (facts.Request.From is { } from)
        {
            if (from.AddressFamily != addresses[0].AddressFamily) yield break;
            bool isOwn = IPAddress.IsLoopback(from) || facts.Network.Of(from) is not null;
            if (isOwn || outside.Count > 0)
                yield return (new Packet(protocol, listener.Port, isOwn ? addresses : outside, [from], isOwn, Device: device), $"{from}");
            yield break;
        }

        yield return (new Packet(protocol, listener.Port, addresses, addresses, IsLocal: true), "processes of this node");
        if (outside.Count > 0) yield return (new Packet(protocol, listener.Port, outside, [], IsLocal: false, Device: device), "clients from outside");
    }

    private static Followed FollowOne(IReadOnlyList<ChainTable> tables, Packet packet, string who)
    {
        var coming = Firewall.Of(tables, packet);
        if (coming is { IsCertain: true }) return new(packet, who, coming, IsAnswer: false);
        var going = Firewall.Of(tables, packet with { IsAnswer = true });
        return going is not null && (going.IsCertain || coming is null) ? new(packet, who, going, IsAnswer: true) : new(packet, who, coming, IsAnswer: false);
    }

    private static Finding Describe(
        VerifyFacts facts, ServiceItem service, ListenerItem listener, Packet packet, string who, Dropping dropping, bool isAnswer)
    {
        var (chain, rule) = (dropping.Chain, dropping.Rule);
        bool isRest = dropping.IsReached && (rule is null || !RuleReading.IsOfSomebody(rule));
        bool isNamed = AddressesListened.LooksAt(facts, service, listener).Any(look => look.Rules.Count > 0);
        string may = dropping.IsCertain ? "" : "may ", place = $"chain {chain.Name} ({chain.Source}, {chain.Table})";
        string whom = isAnswer ? $"what is answered to {who}" : who;
        string says = isRest && dropping.IsCertain && !isAnswer
            ? $"{place} drops what no rule lets in, and "
                + (isNamed ? $"no rule lets {who} in at port {Shown.Number(packet.Port)}" : $"no rule names port {Shown.Number(packet.Port)}")
            : isRest
                ? $"{place} {may}drop{(may.Length == 0 ? "s" : "")} {whom}"
                    + (may.Length == 0 ? "" : $": it drops what no rule lets in, and whether one lets port {Shown.Number(packet.Port)} in cannot be told")
                : $"a rule of {place} {may}drop{(may.Length == 0 ? "s" : "")} {whom}";
        string at = $"{facts.Of(service)}{listener.Kind} {Shown.Address(listener)}: ";
        List<string> evidence = [.. rule is null ? [] : (string[])[rule], .. dropping.Undecided.Take(MostNamed).Select(one => $"not decided: {one}")];
        string next = RuleReading.ShowOf(chain) is not { } show ? ShowAll : isRest ? $"{show}: let the port in there"
            : $"{show}: delete it there, or let the port in before it";
        bool isAsked = facts.Request.From is not null || packet.IsLocal;
        return dropping.IsCertain && isAsked
            ? Finding.Failed($"{at}{says}", next, evidence)
            : Finding.CannotBeSeen($"{at}{(isAsked ? "" : $"whether {who} come in: ")}{says}", next, evidence);
    }

    /// <param name="Packet">Of some clients.</param>
    /// <param name="Who">They are.</param>
    /// <param name="Dropping">What drops it, or may; null: it comes through, and its answer goes out.</param>
    /// <param name="IsAnswer">It is the answer that is dropped.</param>
    internal sealed record Followed(Packet Packet, string Who, Dropping? Dropping, bool IsAnswer);
}
