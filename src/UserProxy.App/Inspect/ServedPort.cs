using System.Net;
using UserProxy.App.CommandLine;
using UserProxy.App.Explain;
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

    /// <summary>What to do where the proxy says that its port is taken, and nobody is seen here who has it.</summary>
    private const string HolderUnseen =
        "who has the port is not seen from here: look as root, in the network namespace of userproxy, which tries again by itself";

    /// <summary>As a process of this program is called, whoever runs it.</summary>
    private const string ProgramName = "userproxy";

    /// <summary>What it says of each listener.</summary>
    /// <param name="facts">Of the port.</param>
    /// <param name="withoutUnbound">Those of <see cref="Unbound"/> are told already.</param>
    public IEnumerable<string> Remarks(PortFacts facts, bool withoutUnbound) =>
        Listeners.Where(served => !withoutUnbound || !IsUnbound(served))
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

    /// <summary>Processes of this program that have the port, and are not the one that was asked.</summary>
    /// <param name="facts">Of the port.</param>
    /// <param name="asked">Who was; null for nobody.</param>
    public static IEnumerable<SocketOwner> NotAsked(PortFacts facts, int? asked) =>
        facts.After.Where(row => row.State == SocketState.Listen || facts.Question.Protocol == TransportProtocol.Udp)
            .Select(row => facts.Owners.Of(row.Inode)).Where(owners => !owners.Any(owner => owner.Pid == asked))
            .SelectMany(owners => owners).Where(owner => owner.Name == ProgramName).DistinctBy(owner => owner.Pid);

    /// <summary>For "Not seen".</summary>
    public static string SaysNotAsked(SocketOwner owner) => $"{Words.Name(owner)} was not asked: --admin-socket PATH, with the socket that it was run with";

    /// <summary>Processes of this program that have the port and have not said how they serve it; none where one that was asked is to have it.</summary>
    public static IEnumerable<SocketOwner> NotAsked(PortFacts facts, ServedPort? served) =>
        served is null || (served.Pid is not null && served.Listeners.Count == 0) ? NotAsked(facts, served?.Pid) : [];

    /// <summary>That the running userproxy has nothing at the address that was asked for.</summary>
    public IEnumerable<string> NotServed(PortFacts facts) => Listeners.Count == 0 && facts.Question.Address is { } asked
        ? [$"The running userproxy does not serve {new IPEndPoint(asked, facts.Question.Port)}: its addresses are in userproxy list -o wide."]
        : [];

    /// <summary>The Services whose listeners have these sockets.</summary>
    public IEnumerable<string> ServicesOf(IEnumerable<SocketRow> sockets, PortFacts facts) =>
        OwnersOf(sockets, facts).Select(served => served.Service).Distinct();

    /// <summary>Why clients of these sockets get nothing; null when some endpoint answers, or another process has the sockets.</summary>
    public string? Unserved(IEnumerable<SocketRow> sockets, PortFacts facts) =>
        OwnersOf(sockets, facts).Where(IsFailingHere)
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
               where IsUnbound(served) && (IsFailed(served) || sockets.Count > 0)
               select $"The listener of Service {served.Service} ({At(served.Listener)}) could not be bound here: "
                   + $"{served.Listener.Reason ?? "not known why"}{Holder(served, facts)}.",
        ];
    }

    /// <summary>Another process has what a listener of <see cref="Unbound"/> is to have, and that is why.</summary>
    public bool IsTaken(IReadOnlyCollection<SocketRow> sockets, PortFacts facts) =>
        Unbound(sockets, facts).Count > 0
            && Listeners.Any(served => IsUnbound(served) && SaysTaken(served) && RowsOf(served, facts).Any(row => row.IsOwned));

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
            .. Listeners.Where(served => IsUnbound(served) && (IsFailed(served) || (isTaken && SaysTaken(served)))).Select(served => StepFor(served, isTaken))
                .Distinct(),
            .. ForEach(IsRefusing, service => $"See why {whose} get nothing: userproxy explain {service}"),
        ];
    }

    /// <summary>As explain says it. A proxy of an earlier version does not tell what to do about whoever has the port.</summary>
    private static string StepFor((string Service, ListenerItem Listener) served, bool isTaken)
    {
        string? step = BindFailure.StepFor(served.Listener.Reason, served.Listener.Cure, served.Listener.Port);
        return step is null && isTaken
            ? $"Stop the process that has the port, or give {served.Service} another: userproxy binds it as soon as it is free."
            : $"For {served.Service}: {step ?? HolderUnseen}.";
    }

    private IEnumerable<string> ForEach(Func<(string Service, ListenerItem Listener), bool> isMeant, Func<string, string> step) =>
        Listeners.Where(isMeant).Select(served => served.Service).Distinct().Select(step);

    /// <summary>It has let its clients in, those from outside or only those of this node, and no endpoint answers them.</summary>
    private static bool IsFailingHere((string Service, ListenerItem Listener) served) =>
        IsFailing(served) && (served.Listener.State == nameof(ListenerState.Listening) || served.Listener.State == nameof(ListenerState.Dropping));

    private static bool IsFailing((string Service, ListenerItem Listener) served) => served.Listener.Health == ListenerHealth.Failing;

    private static bool IsFailed((string Service, ListenerItem Listener) served) => served.Listener.State == nameof(ListenerState.Failed);

    /// <summary>It has no socket, or not at every address, where it should: not what an endpoint is meant to have.</summary>
    private static bool IsUnbound((string Service, ListenerItem Listener) served) => !IsLeft(served) && (IsFailed(served) || IsInPart(served));

    private static bool IsLeft((string Service, ListenerItem Listener) served) => BindFailure.IsLeft(served.Listener.Reason);

    private static bool SaysTaken((string Service, ListenerItem Listener) served) => BindFailure.IsTaken(served.Listener.Reason);

    private static bool Says((string Service, ListenerItem Listener) served, string words) =>
        served.Listener.Reason?.Contains(words, StringComparison.Ordinal) is true;

    private static bool IsRefusing((string Service, ListenerItem Listener) served) =>
        served.Listener.State == nameof(ListenerState.Refusing) || served.Listener.State == nameof(ListenerState.Dropping);

    /// <summary>It has sockets, but not at every address that it declares. The reason may be another: a policy.</summary>
    private static bool IsInPart((string Service, ListenerItem Listener) served) =>
        served.Listener.State == nameof(ListenerState.Listening) && SaysTaken(served);

    private IEnumerable<(string Service, ListenerItem Listener)> OwnersOf(IEnumerable<SocketRow> sockets, PortFacts facts) =>
        sockets.Select(socket => Of(socket, facts)).OfType<(string Service, ListenerItem Listener)>();

    /// <summary>Who has it, where the proxy itself cannot see that.</summary>
    private string Holder((string Service, ListenerItem Listener) served, PortFacts facts)
    {
        if (!SaysTaken(served) || Says(served, "(pid ")) return "";
        foreach (var row in RowsOf(served, facts))
        {
            var owners = facts.Owners.Of(row.Inode);
            if (owners.Count > 0 && !owners.Any(owner => owner.Pid == Pid)) return $"; {Words.Owner(facts, row)} has {row.Local}";
        }

        return "";
    }

    /// <summary>Sockets at what it declares, and of these at the address that was asked for.</summary>
    private static IEnumerable<SocketRow> RowsOf((string Service, ListenerItem Listener) served, PortFacts facts)
    {
        var declared = IPAddress.Parse(served.Listener.Address);
        return facts.After.Where(row => (row.Takes(declared) || IsAt(served.Listener, row.Local.Address))
            && (facts.Question.Address is not { } asked || row.Takes(asked)));
    }

    public static string Sentence((string Service, ListenerItem Listener) served, TransportProtocol protocol) =>
        $"The running userproxy has this port for {served.Service} ({At(served.Listener)}): "
            + $"{served.Listener.State}{(served.Listener.Reason is { } reason ? $", {reason}" : "")}"
            + (IsFailingHere(served)
                ? $", {(served.Listener.State == nameof(ListenerState.Dropping) ? "but" : "and")} none of its endpoints answers, so that "
                    + (protocol == TransportProtocol.Udp ? "datagrams get no answer" : "connections are reset")
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
            using var client = new AdminClient(path, surroundings.IsRoot, Patience, countLeft: surroundings.CountLeftRoutes);
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
