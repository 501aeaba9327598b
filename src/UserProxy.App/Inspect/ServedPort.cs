using System.Net;
using UserProxy.App.CommandLine;
using UserProxy.App.Servers.Admin;
using UserProxy.App.Servers.Admin.Messages;
using UserProxy.Linux.PortInspection;
using UserProxy.Model;
using UserProxy.Policy;

namespace UserProxy.App.Inspect;

/// <summary>
/// What the running userproxy says of a port: it knows of its own sockets what the kernel's tables do not show, such as whether a UDP socket is read. Asked
/// beside <see cref="PortInspector"/>, which needs no proxy.
/// </summary>
/// <param name="Pid">Of the process that answered; null when the system does not tell.</param>
/// <param name="Listeners">Those of the port and protocol, with the Service that each is for.</param>
internal sealed record ServedPort(int? Pid, IReadOnlyList<(string Service, ListenerItem Listener)> Listeners)
{
    /// <summary>A proxy that is busy must not hold up what the kernel has told already.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>What it says of each listener.</summary>
    /// <param name="facts">Of the port.</param>
    /// <param name="withoutUnbound">Those of <see cref="Unbound"/> are told already.</param>
    public IEnumerable<string> Remarks(PortFacts facts, bool withoutUnbound) =>
        Listeners.Where(served => !withoutUnbound || !(IsFailed(served) || IsInPart(served)))
            .Select(served => $"{Sentence(served, facts.Question.Protocol)}.");

    /// <summary>The one that has this socket; null when another process has it.</summary>
    public (string Service, ListenerItem Listener)? Of(SocketRow socket, PortFacts facts)
    {
        var owners = facts.Owners.Of(socket.Inode);
        if (Pid is { } pid && owners.Count > 0 && !owners.Any(owner => owner.Pid == pid)) return null;
        // Of two Services that declare one address only one has it.
        foreach (var served in Listeners.OrderBy(IsFailed))
        {
            var declared = IPAddress.Parse(served.Listener.Address);
            if (declared.Equals(socket.Local.Address)) return served;
            // A wildcard that somebody holds at one address has a socket at each of the others: ours, where that can be seen.
            if (Pid is not null && owners.Count > 0 && IsAt(served.Listener, socket.Local.Address)) return served;
        }

        return null;
    }

    /// <summary>Why clients of these sockets get nothing; null when some endpoint answers, or another process has the sockets.</summary>
    public string? Unserved(IEnumerable<SocketRow> sockets, PortFacts facts) =>
        OwnersOf(sockets, facts).Where(served => served.Listener is { State: nameof(ListenerState.Listening), Health: ListenerHealth.Failing })
            .Select(served => $"{Sentence(served, facts.Question.Protocol)}.").FirstOrDefault();

    /// <summary>Some clients of these sockets get nothing, by a policy, by source ranges, or as another process has a part of the port.</summary>
    public bool IsForSome(IEnumerable<SocketRow> sockets, PortFacts facts) =>
        OwnersOf(sockets, facts).Any(served => served.Listener.Reason is not null || served.Listener.SourceRanges.Count > 0);

    /// <summary>
    /// Whose listener could not be bound here, and why: a sentence for each. None when one of these sockets is the proxy's own: whoever accepts is not somebody
    /// else then.
    /// </summary>
    public IReadOnlyList<string> Unbound(IReadOnlyCollection<SocketRow> sockets, PortFacts facts)
    {
        if (OwnersOf(sockets, facts).Any(served => !IsFailed(served))) return [];
        return
        [
            .. from served in Listeners
               where IsFailed(served) || (sockets.Count > 0 && IsInPart(served))
               select $"The listener of Service {served.Service} ({At(served.Listener)}) could not be bound here: "
                   + $"{served.Listener.Reason ?? "not known why"}{Holder(served, facts)}.",
        ];
    }

    /// <summary>Whose clients are refused or dropped on purpose, and why, where no socket is theirs: a sentence for each.</summary>
    public IEnumerable<string> Refused(PortFacts facts) =>
        Listeners.Where(IsRefusing).Select(served => $"{Sentence(served, facts.Question.Protocol)}.");

    /// <param name="verdict">Of the port.</param>
    /// <param name="isTaken">See <see cref="Judgement.IsTaken"/>.</param>
    public IEnumerable<string> NextSteps(Verdict verdict, bool isTaken)
    {
        if (verdict == Verdict.Unserved) return ForEach(IsFailing, service => $"See what its endpoints answer, and why: userproxy explain {service}");
        string whose = verdict == Verdict.Handled ? "some of its clients" : "its clients";
        return
        [
            .. isTaken
                ? ForEach(
                    served => IsFailed(served) || IsInPart(served),
                    service => $"Stop the process that has the port, or give {service} another: userproxy binds it as soon as it is free.")
                : ForEach(IsFailed, service => $"See why it cannot be bound: userproxy explain {service}"),
            .. ForEach(IsRefusing, service => $"See why {whose} get nothing: userproxy explain {service}"),
        ];
    }

    private IEnumerable<string> ForEach(Func<(string Service, ListenerItem Listener), bool> isMeant, Func<string, string> step) =>
        Listeners.Where(isMeant).Select(served => served.Service).Distinct().Select(step);

    private static bool IsFailing((string Service, ListenerItem Listener) served) => served.Listener.Health == ListenerHealth.Failing;

    private static bool IsFailed((string Service, ListenerItem Listener) served) => served.Listener.State == nameof(ListenerState.Failed);

    private static bool IsRefusing((string Service, ListenerItem Listener) served) =>
        served.Listener.State == nameof(ListenerState.Refusing) || served.Listener.State == nameof(ListenerState.Dropping);

    /// <summary>It has sockets, but not at every address that it declares.</summary>
    private static bool IsInPart((string Service, ListenerItem Listener) served) =>
        served.Listener is { State: nameof(ListenerState.Listening), Reason: not null };

    private IEnumerable<(string Service, ListenerItem Listener)> OwnersOf(IEnumerable<SocketRow> sockets, PortFacts facts) =>
        sockets.Select(socket => Of(socket, facts)).OfType<(string Service, ListenerItem Listener)>();

    /// <summary>Who has it, where the proxy itself cannot see that.</summary>
    private string Holder((string Service, ListenerItem Listener) served, PortFacts facts)
    {
        if (served.Listener.Reason?.Contains("(pid ", StringComparison.Ordinal) is true) return "";
        var declared = IPAddress.Parse(served.Listener.Address);
        foreach (var row in facts.After.Where(row => row.Takes(declared) || IsAt(served.Listener, row.Local.Address)))
        {
            var owners = facts.Owners.Of(row.Inode);
            if (owners.Count > 0 && !owners.Any(owner => owner.Pid == Pid)) return $"; {Words.Owner(facts, row)} has {row.Local}";
        }

        return "";
    }

    public static string Sentence((string Service, ListenerItem Listener) served, TransportProtocol protocol) =>
        $"The running userproxy has this port for {served.Service} ({At(served.Listener)}): "
            + $"{served.Listener.State}{(served.Listener.Reason is { } reason ? $", {reason}" : "")}"
            + (served.Listener is { State: nameof(ListenerState.Listening), Health: ListenerHealth.Failing }
                ? $", and none of its endpoints answers, so that {(protocol == TransportProtocol.Udp ? "datagrams get no answer" : "connections are reset")}"
                : "")
            + (served.Listener.SourceRanges.Count > 0 ? $", for clients of {string.Join(", ", served.Listener.SourceRanges)} alone" : "");

    private static string At(ListenerItem listener) => $"{listener.Kind} {Shown.Address(listener)}";

    /// <summary>Null without a proxy, unless one was named: then it says why not.</summary>
    public static async Task<(ServedPort? Served, string? Unseen)> AskAsync(
        PortQuestion question, string? socket, Surroundings surroundings, CancellationToken cancellation)
    {
        var (path, isNamed) = AskingCommand.SocketPath(socket, surroundings);
        if (!isNamed && !File.Exists(path)) return (null, null);
        try
        {
            using var client = new AdminClient(path, surroundings.IsRoot, Patience);
            using var answer = await client.GetAsync($"/v1/services?port={question.Port}", cancellation);
            string protocol = question.Protocol == TransportProtocol.Tcp ? "TCP" : "UDP";
            var listeners =
                from service in client.Read(answer, AdminJson.Default.ServiceList).Services
                where service.Protocol == protocol
                from listener in service.Listeners
                where listener.Port == question.Port && (question.Address is not { } asked || IsAt(listener, asked))
                select ($"{service.Namespace}/{service.Name}", listener);
            return (new ServedPort(client.PeerPid, [.. listeners]), null);
        }
        catch (AdminException e)
        {
            return (null, $"userproxy: {e.Message}");
        }
        catch (OperationCanceledException)
        {
            return (null, null);
        }
    }

    private static bool IsAt(ListenerItem listener, IPAddress asked)
    {
        var address = IPAddress.Parse(listener.Address);
        return address.Equals(asked) || (address.AddressFamily == asked.AddressFamily && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)));
    }
}
