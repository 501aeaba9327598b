using System.Net;
using UserProxy.App.CommandLine;
using UserProxy.App.Rules;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Model;

namespace UserProxy.App.Verify.Steps;

/// <summary>
/// Do the chains of this node let clients of one listener in, and the answers out? A part of <see cref="NotShadowed"/>: a firewall that drops what no rule lets
/// in does not name the port.
/// </summary>
internal static class FirewallAdmits
{
    private const int MostNamed = 5;

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
        foreach (var one in followed)
        {
            if ((one.Connection.Way == Way.Local && passes) || one.Dropping is null) continue;
            var found = Describe(facts, service, listener, one, one.Dropping, IsOfAll(followed, one.Dropping) ? "everybody" : one.Who);
            if (found.Verdict == StepVerdict.Failed) return found;
            // Of clients outside last: they are more.
            doubt = found;
        }

        return doubt;
    }

    /// <summary>What becomes of the clients of a listener; empty where no chains could be listed.</summary>
    /// <param name="facts">What was seen.</param>
    /// <param name="service">Whose listener.</param>
    /// <param name="listener">That is listening.</param>
    /// <param name="addresses">Where it is met.</param>
    public static IReadOnlyList<Followed> Follow(VerifyFacts facts, ServiceItem service, ListenerItem listener, IReadOnlyList<IPAddress> addresses)
    {
        if (facts.Chains.Count == 0 || addresses.Count == 0) return [];
        var tables = ChainTable.Of(facts.Chains);
        return [
            .. ConnectionsOf(facts, service, listener, addresses).Select(one => new Followed(one.Connection, one.Who, Firewall.Of(tables, one.Connection)))];
    }

    /// <summary>The client of <c>--from</c>; without one a process of this node, and after it whoever else may come.</summary>
    private static IEnumerable<(Connection Connection, string Who)> ConnectionsOf(
        VerifyFacts facts, ServiceItem service, ListenerItem listener, IReadOnlyList<IPAddress> addresses)
    {
        var protocol = service.Protocol == "UDP" ? TransportProtocol.Udp : TransportProtocol.Tcp;
        string? device = facts.Network.DeviceOf(addresses[0].AddressFamily);
        var outside = OutsideOf(facts, device, [.. addresses.Where(address => !IPAddress.IsLoopback(address))]);
        if (facts.Request.From is { } from)
        {
            if (from.AddressFamily != addresses[0].AddressFamily) yield break;
            bool isLoopback = IPAddress.IsLoopback(from), isHere = isLoopback || facts.Network.Of(from) is not null;
            List<IPAddress> asked = isLoopback ? [.. addresses.Where(IPAddress.IsLoopback)] : outside;
            if (isHere && asked.Count > 0)
                yield return (new Connection(protocol, asked, listener.Port, [from], Way.Local), $"{from}");
            else if (!isHere && outside.Count > 0)
                yield return (new Connection(protocol, outside, listener.Port, [from], Way.Incoming, device), $"{from}");
            yield break;
        }

        // A process comes from the address that it asks.
        IEnumerable<IPAddress> own = [.. addresses.Where(IPAddress.IsLoopback).Take(1), .. outside.Take(1)];
        foreach (var address in own)
            yield return (new Connection(protocol, [address], listener.Port, [address], Way.Local), "processes of this node");
        if (outside.Count > 0) yield return (new Connection(protocol, outside, listener.Port, [], Way.Incoming, device), "clients from outside");
    }

    /// <summary>Where clients from outside come: other interfaces have addresses for Pods and containers.</summary>
    private static List<IPAddress> OutsideOf(VerifyFacts facts, string? device, List<IPAddress> addresses)
    {
        var near = addresses.FindAll(address => device is not null && facts.Network.Of(address)?.Name == device);
        return near.Count > 0 ? near : addresses;
    }

    private static bool IsOfAll(IReadOnlyList<Followed> followed, Dropping dropping) =>
        followed.Count > 1 && followed.All(
            one => one.Dropping is { } other && other.IsCertain && (other.Chain, other.Rule, other.Kind) == (dropping.Chain, dropping.Rule, dropping.Kind));

    private static Finding Describe(VerifyFacts facts, ServiceItem service, ListenerItem listener, Followed followed, Dropping dropping, string who)
    {
        var connection = followed.Connection;
        bool isNamed = AddressesListened.LooksAt(facts, service, listener).Any(look => look.Rules.Count > 0);
        string port = $"port {Shown.Number(connection.Port)}";
        string why = !dropping.IsRest || dropping.Kind != PacketKind.First ? ""
            : !dropping.IsCertain ? $": it drops what no rule lets in, and whether one lets {port} in cannot be told"
            : isNamed ? $": it drops what no rule lets in, and no rule lets them in at {port}" : $": it drops what no rule lets in, and no rule names {port}";
        string what = dropping.Kind switch
        {
            PacketKind.First => who,
            PacketKind.Answer or PacketKind.AnswerData => $"what is answered to {who}",
            PacketKind.Data => $"what carries the bytes of {who}: connections are let in, and not what they are for",
            _ => $"what follows the first packet of {who}: new connections are let in, and not what belongs to them",
        };
        string at = $"{facts.Of(service)}{listener.Kind} {Shown.Address(listener)}: ";
        bool isAsked = facts.Request.From is not null || connection.Way == Way.Local;
        string says = $"{DropWords.Of(dropping)} {what}{why}", next = DropWords.Cure(dropping, connection);
        return dropping.IsCertain && isAsked
            ? Finding.Failed($"{at}{says}", next, DropWords.Evidence(dropping, MostNamed))
            : Finding.CannotBeSeen($"{at}{(isAsked ? "" : "whether clients from outside come in: ")}{says}", next, DropWords.Evidence(dropping, MostNamed));
    }

    /// <param name="Connection">Of some clients.</param>
    /// <param name="Who">They are.</param>
    /// <param name="Dropping">What drops it, or may; null: it comes through, and its answer goes out.</param>
    internal sealed record Followed(Connection Connection, string Who, Dropping? Dropping);
}
