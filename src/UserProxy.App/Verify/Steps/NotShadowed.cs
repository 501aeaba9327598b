using System.Net;
using UserProxy.App.CommandLine;
using UserProxy.App.Inspect;
using UserProxy.App.Rules;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.App.Verify.Probing;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;
using UserProxy.Policy;

namespace UserProxy.App.Verify.Steps;

/// <summary>Does what goes to the Service's addresses come to the proxy, or does another socket or a rule of the kernel take it first?</summary>
internal static class NotShadowed
{
    private const string OurName = "userproxy";

    private const int MostNamed = 5;

    public static Finding Of(VerifyFacts facts)
    {
        var remarks = new List<string>();
        Finding? doubt = null;
        foreach (var port in facts.Ports)
        {
            foreach (var listener in port.Service.Listeners.Where(listener => listener.State == nameof(ListenerState.Listening)))
            {
                if (BySockets(facts, port, listener) is { } socket) return socket;
                var addresses = AddressesOf(facts, listener);
                var followed = FirewallAdmits.Follow(facts, port.Service, listener, addresses);
                bool passes = Passes(facts, listener, addresses);
                if (ByRules(facts, port.Service, listener, remarks) is { } rule) return rule;
                if (FirewallAdmits.Of(facts, port.Service, listener, followed, passes) is not { } shut) continue;
                if (shut.Verdict == StepVerdict.Failed) return shut;
                doubt ??= shut;
            }
        }

        if (facts.Tries.FirstOrDefault(tried => tried.Reached == Reached.SomebodyElse) is { } taken)
            return Finding.Failed(
                $"a connection to {taken.Target} was established, and the proxy does not have it: NAT or another process took it",
                $"sudo userproxy inspect {Shown.Number(taken.Target.Port)} --address {taken.Target.Address}", remarks);

        if (Refused(facts) is { } target)
            return Finding.Failed(
                $"a connection of this node to {target} was refused, and a socket listens there: a rule rejects it or sends it elsewhere, "
                    + "or an eBPF program does",
                "sudo nft list ruleset; sudo iptables-save; sudo bpftool cgroup tree", [.. remarks.Distinct().Take(MostNamed)]);
        if (facts.Looks.Count == 0 && facts.Ports.Any(port => port.Service.Listeners.Count > 0))
            return Finding.CannotBeSeen("the sockets of this node", "run it on the node itself");
        var unseen = facts.Looks.SelectMany(look => look.Unseen).Where(line => line.StartsWith("netfilter", StringComparison.Ordinal)).Distinct().ToList();
        // A connection of this node does not meet what is for clients from outside: nothing stands in for the reading.
        doubt ??= ByArp(facts);
        if (doubt is not null) return unseen.Count == 0 ? doubt : doubt with { Evidence = [.. doubt.Evidence, unseen[0]] };
        if (unseen.Count > 0)
            return Finding.CannotBeSeen($"no other socket is in the way; {unseen[0]}", StepOf(facts, unseen[0]), [.. remarks.Distinct().Take(MostNamed)]);
        List<string> some = [.. remarks.Distinct().Take(MostNamed)];
        string rules = facts.Looks.Any(look => look.Rules.Count > 0) ? "no rule that names the port takes it away from all" : "no rule that names the port";
        var states = facts.Ports.SelectMany(port => port.Service.Listeners).Select(listener => listener.State).ToList();
        if (!states.Contains(nameof(ListenerState.Failed))) return Finding.Ok($"no other socket, and {rules}", some);
        return states.TrueForAll(state => state == nameof(ListenerState.Failed))
            ? Finding.NotAsked("nothing of it could be bound: see who has the port above")
            : Finding.Ok($"no other socket than that above, and {rules}", some);
    }

    private static Finding? BySockets(VerifyFacts facts, ExplainedPort port, ListenerItem listener)
    {
        string at = $"{facts.Of(port.Service)}{listener.Kind} {Shown.Address(listener)}";
        string inspect = $"sudo userproxy inspect {Shown.Number(listener.Port)}{(port.Service.Protocol == "UDP" ? " --udp" : "")}";
        // An endpoint that listens at the same number itself is left its address.
        bool isEndpoints = port.Service.Endpoints.Any(endpoint => endpoint.Local && endpoint.Port == listener.Port);
        if (listener.Reason is { } reason && !isEndpoints) return Finding.Failed($"{at} is not served as a whole: {reason}", inspect);
        if (facts.ProxyPid is not { } pid || isEndpoints) return null;
        var address = IPAddress.Parse(listener.Address);
        foreach (var look in AddressesListened.LooksAt(facts, port.Service, listener))
        {
            foreach (var row in look.After.Where(row => AddressesListened.IsOpen(row, look) && IsInTheWay(row, address)))
            {
                var owners = look.Owners.Of(row.Inode);
                if (owners.Count > 0 && owners.All(owner => owner.Pid != pid && owner.Name != OurName))
                    return Finding.Failed($"{at}: {Words.Owner(look, row)} has {row.Local}, and gets clients of the Service", inspect);
            }
        }

        return null;
    }

    /// <summary>As exact as ours or more: a wildcard of somebody else gets only what nobody else has.</summary>
    private static bool IsInTheWay(SocketRow row, IPAddress address) =>
        row.Local.Address.Equals(address) || (AddressesListened.IsWildcard(address) && row.Local.AddressFamily == address.AddressFamily);

    /// <summary>What NAT takes away. What drops is judged by the chains: a rule does nothing in a chain that no client comes to.</summary>
    private static Finding? ByRules(VerifyFacts facts, ServiceItem service, ListenerItem listener, List<string> remarks)
    {
        var addresses = AddressesOf(facts, listener);
        var protocol = service.Protocol == "UDP" ? TransportProtocol.Udp : TransportProtocol.Tcp;
        var ended = new HashSet<string>();
        foreach (var rule in AddressesListened.LooksAt(facts, service, listener).SelectMany(look => PortRules.Judged(look.Rules)))
        {
            if (NamedRule.EndsChain(rule, protocol, listener.Port, addresses)) ended.Add(NamedRule.PlaceOf(rule));
            if (ended.Contains(NamedRule.PlaceOf(rule))) continue;
            var effect = NamedRule.EffectOf(rule, protocol, listener.Port, addresses);
            string text = $"{rule.Source} ({rule.Place}): {rule.Text}";
            if (effect == RuleEffect.TakesAway)
                return Finding.Failed(
                    $"{facts.Of(service)}{listener.Kind} {Shown.Address(listener)}: a rule of the kernel sends it elsewhere before the listener sees it",
                    RuleCommands.Show(rule) is { } show ? $"{show}: whose rule is it? It sends elsewhere what comes to the port"
                        : $"sudo userproxy inspect {Shown.Number(listener.Port)}{(service.Protocol == "UDP" ? " --udp" : "")}", text);
            if (effect != RuleEffect.None) remarks.Add($"names the port, and may shut out some clients: {text}");
        }

        return null;
    }

    /// <summary>Clients of a link that are asked for, and all addresses that are served, are found by ARP.</summary>
    private static Finding? ByArp(VerifyFacts facts)
    {
        if (facts.Request.From is { } from && (IPAddress.IsLoopback(from) || facts.Network.Of(from) is not null)) return null;
        List<IPAddress> found =
        [
            .. facts.Ports.SelectMany(port => port.Service.Listeners).SelectMany(listener => AddressesOf(facts, listener)),
            .. facts.Request.From is { } client ? [client] : Array.Empty<IPAddress>(),
        ];
        if (ArpRules.MayDrop(facts.Chains, found) is not var (chain, rule)) return null;
        return Finding.CannotBeSeen(
            $"whether neighbours find this node: {(rule is null ? "" : "a rule of ")}chain {chain.Name} ({chain.Source}, {chain.Table}) drops ARP",
            RuleCommands.Show(chain) ?? RuleCommands.ShowAll, rule is null ? [] : (string[])[rule]);
    }

    /// <summary>A wildcard is met at each address of the node.</summary>
    private static IReadOnlyList<IPAddress> AddressesOf(VerifyFacts facts, ListenerItem listener)
    {
        var address = IPAddress.Parse(listener.Address);
        return AddressesListened.IsWildcard(address)
            ? [
                .. facts.Network.Devices.SelectMany(device => device.Addresses).Where(own => own.AddressFamily == address.AddressFamily)
                    .Append(address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback).Distinct()]
            : [address];
    }

    private static bool Passes(VerifyFacts facts, ListenerItem listener, IReadOnlyList<IPAddress> addresses) => facts.Tries.Any(
        tried => tried.Target.Port == listener.Port && addresses.Contains(tried.Target.Address) && tried.Reached == Reached.Endpoint);

    /// <summary>What lets the rules be read.</summary>
    private static string StepOf(VerifyFacts facts, string unseen) => unseen.Contains("root", StringComparison.Ordinal)
        ? $"sudo userproxy verify {facts.Service}{(facts.Request.From is { } from ? $" --from {from}" : "")}"
        : RuleCommands.ShowAll;

    /// <summary>A listening socket refuses nobody by itself, whoever has it. The sockets were read beside the connections.</summary>
    private static IPEndPoint? Refused(VerifyFacts facts)
    {
        foreach (var tried in facts.Tries.Where(tried => tried.Reached == Reached.Refused))
        {
            bool isListenedOn = facts.Looks.Any(
                look => look.Question.Port == tried.Target.Port && look.Question.Protocol == TransportProtocol.Tcp
                    && look.Before.Any(row => row.State == SocketState.Listen && row.Takes(tried.Target.Address))
                    && look.Listeners.Any(row => row.Takes(tried.Target.Address)));
            if (isListenedOn) return tried.Target;
        }

        return null;
    }
}
