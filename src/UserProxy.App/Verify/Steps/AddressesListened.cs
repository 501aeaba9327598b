using System.Net;
using UserProxy.App.CommandLine;
using UserProxy.App.Explain;
using UserProxy.App.Inspect;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Kubernetes.Building;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;
using UserProxy.Policy;

namespace UserProxy.App.Verify.Steps;

/// <summary>Does the proxy listen at each address of the Service that is to be served here, and does the kernel say so too?</summary>
internal static class AddressesListened
{
    private static readonly char[] Separators = [' ', ',', ';', '(', ')', '"', '\''];

    private const int MostNamed = 4;

    /// <summary>As the proxy says that another Service has an address.</summary>
    private const string TakenBy = "it is taken by ";

    public static Finding Of(VerifyFacts facts)
    {
        var (evidence, left) = (new List<string>(), new List<string>());
        string? unseen = null;
        int partly = 0, unlooked = 0;
        foreach (var port in facts.Ports)
        {
            if (port.Service.Listeners.Count == 0)
                return Finding.Failed(
                    $"{facts.Of(port.Service)}{WhyNowhere(port.Service)}", StepOf(facts, port.Service),
                    [.. port.Service.NotServed.Select(one => $"{one.Kind} {Shown.EndPoint(one.Address, one.Port)} is not served: {one.Reason}")]);
            foreach (var listener in port.Service.Listeners)
            {
                string at = $"{facts.Of(port.Service)}{listener.Kind} {Shown.Address(listener)}";
                string inspect = $"sudo userproxy inspect {Shown.Number(listener.Port)}{(port.Service.Protocol == "UDP" ? " --udp" : "")}";
                if (listener.State == nameof(ListenerState.Failed))
                    return Finding.Failed(
                        $"{at} cannot be bound: {listener.Reason}", StepOf(listener) ?? inspect,
                        SocketOf(facts, port.Service, listener) is { } other ? [$"{Words.Owner(other.Facts, other.Socket)} has {other.Socket.Local}"] : []);
                if (listener.AcceptQueue > listener.Backlog)
                    return Finding.Failed(
                        $"{at}: its accept queue is full ({listener.AcceptQueue}/{listener.Backlog}), and new clients are dropped",
                        "userproxy runbook UserProxyAcceptQueueFilling");
                if (!IsListening(listener))
                {
                    // As of a Local policy without an endpoint here, which processes of this node need not meet.
                    bool isOpen = listener.Backlog is not null;
                    partly += isOpen ? 1 : 0;
                    evidence.Add(
                        $"{at} {(isOpen ? "is listened on, and clients from outside are dropped on purpose" : "is closed on purpose")} ({listener.State}): "
                            + listener.Reason);
                    continue;
                }

                var socket = SocketOf(facts, port.Service, listener);
                // Of very many ports only the first are looked at: the proxy's word is what there is.
                if (socket is null && facts.Looks.Count > 0 && !LooksAt(facts, port.Service, listener).Any()) unlooked++;
                else if (socket is { } row) evidence.Add($"{at}: {Words.Owner(row.Facts, row.Socket)} has {row.Socket.Local}");
                else unseen ??= at;
            }
        }

        foreach (var port in facts.Ports)
        {
            foreach (var unserved in port.Service.NotServed)
            {
                string at = $"{facts.Of(port.Service)}{VerifyFacts.Describe(unserved)}";
                if (IsAnIssue(facts, unserved)) return Finding.Failed($"{at} is not served here: {unserved.Reason}", StepOf(facts, unserved), evidence);
                left.Add($"{at} is not served here: {unserved.Reason}");
            }
        }

        int open = facts.Ports.Sum(port => port.Service.Listeners.Count(IsListening));
        if (unseen is not null)
            return Finding.CannotBeSeen(
                $"{unseen} is listened on, says the proxy, and no socket is seen here", "run it on the node itself, in the proxy's network namespace",
                evidence);
        var all = facts.Ports.SelectMany(port => port.Service.Listeners).ToList();
        string named = string.Join(", ", all.Take(MostNamed).Select(Describe)) + (all.Count > MostNamed ? " and more" : "");
        if (unlooked > 0)
            left.Add($"of {Words.Count(unlooked, "address", "addresses")} the proxy alone says so: the sockets of so many ports were not looked at");
        if (all.Count > MostNamed) named = $"{Words.Count(all.Count, "address", "addresses")}: {named}";
        return open == all.Count
            ? Finding.Ok($"at {named}", left) with { Details = evidence }
            : Finding.Ok(
                open > 0 ? $"at {open} of {Words.Count(all.Count, "address", "addresses")}"
                    : partly > 0 ? $"at {Words.Count(partly, "address", "addresses")}, which clients from outside are kept from"
                    : "nothing is to be listened on now", [.. evidence, .. left]);
    }

    /// <summary>As <c>status</c> has it. What a whole run does not serve, or a load balancer has for itself, is as its owner wants it.</summary>
    private static bool IsAnIssue(VerifyFacts facts, UnservedItem unserved) =>
        KeeperOf(unserved) is not null || facts.Explained!.Issues.Any(
            issue => !IssueReasons.IsNote(issue.Reason) && issue.Message.Split(Separators).Any(word => word.TrimEnd('.', ':') == unserved.Address));

    private static string StepOf(VerifyFacts facts, UnservedItem unserved) => KeeperOf(unserved) is { } keeper && IsNodePort(unserved)
        ? StepOfTaken(facts, unserved.Port, keeper)
        : $"{(unserved.Kind == nameof(ListenerKind.ExternalIP) ? "allow it with --external-ips of run, or take it" : "take it")} out of the Service"
            + (facts.Declared.IsOfManifests ? $" ({facts.Written})" : $": {facts.Kubectl} edit service {facts.Service.Name}");

    /// <summary>Another Service that has the address; null for any other reason.</summary>
    private static string? KeeperOf(UnservedItem unserved) =>
        unserved.Reason.StartsWith(TakenBy, StringComparison.Ordinal) ? unserved.Reason[TakenBy.Length..] : null;

    private static bool IsNodePort(UnservedItem unserved) => unserved.Kind == nameof(ListenerKind.NodePort);

    private static string StepOfTaken(VerifyFacts facts, int port, string keeper) =>
        $"give it another nodePort: {keeper} has {Shown.Number(port)}"
            + (facts.Declared.IsOfManifests ? $" ({facts.Written})" : $" ({facts.Kubectl} edit service {facts.Service.Name})");

    private static string WhyNowhere(ServiceItem service) => service.NotServed.FirstOrDefault(one => KeeperOf(one) is not null) is { } taken
        ? $"{(IsNodePort(taken) ? $"nodePort {Shown.Number(taken.Port)}" : VerifyFacts.Describe(taken))} is taken by {KeeperOf(taken)}, and it has no other "
            + "address to be reached at on this node"
        : "it has no address to be reached at on this node";

    /// <summary>Who has a port is what inspect sees; of other reasons it sees nothing.</summary>
    private static string? StepOf(ListenerItem listener) => BindFailure.IsTaken(listener.Reason)
        ? null
        : BindFailure.StepFor(listener.Reason, listener.Cure, listener.Port);

    /// <summary>What gives it an address that can be served without any right.</summary>
    private static string StepOf(VerifyFacts facts, ServiceItem service)
    {
        if (service.NotServed.FirstOrDefault(one => IsNodePort(one) && KeeperOf(one) is not null) is { } taken)
            return StepOfTaken(facts, taken.Port, KeeperOf(taken)!);
        string given = service.NotServed.Count > 0 ? "have run serve one of these addresses, or give" : "give";
        return facts.Declared.IsOfManifests
            ? $"{given} its port a nodePort: with manifests nothing gives them out ({facts.Written})"
            : $"{given} the Service type NodePort: {facts.Kubectl} edit service {facts.Service.Name}";
    }

    /// <summary>The one that a client of this address meets.</summary>
    public static (PortFacts Facts, SocketRow Socket)? SocketOf(VerifyFacts facts, ServiceItem service, ListenerItem listener)
    {
        var address = IPAddress.Parse(listener.Address);
        foreach (var look in LooksAt(facts, service, listener))
        {
            foreach (var row in look.After.Where(row => IsOpen(row, look)))
            {
                // A wildcard that somebody holds at one address has a socket at each of the others.
                if (row.Takes(address) || (IsWildcard(address) && row.Local.AddressFamily == address.AddressFamily)) return (look, row);
            }
        }

        return null;
    }

    public static IEnumerable<PortFacts> LooksAt(VerifyFacts facts, ServiceItem service, ListenerItem listener)
    {
        var protocol = service.Protocol == "UDP" ? TransportProtocol.Udp : TransportProtocol.Tcp;
        return facts.Looks.Where(look => look.Question.Port == listener.Port && look.Question.Protocol == protocol);
    }

    public static bool IsOpen(SocketRow row, PortFacts look) =>
        look.Question.Protocol == TransportProtocol.Udp ? row.Remote.Port == 0 : row.State == SocketState.Listen;

    private static bool IsListening(ListenerItem listener) => listener.State == nameof(ListenerState.Listening);

    private static string Describe(ListenerItem listener) => $"{listener.Kind} {Shown.Address(listener)}";

    public static bool IsWildcard(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
