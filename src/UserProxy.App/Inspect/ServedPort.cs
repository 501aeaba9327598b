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

    public IEnumerable<string> Remarks => Listeners.Select(served => $"{Sentence(served)}.");

    /// <summary>The one that has this socket; null when another process has it.</summary>
    public (string Service, ListenerItem Listener)? Of(SocketRow socket, PortFacts facts)
    {
        var owners = facts.Owners.Of(socket.Inode);
        if (Pid is { } pid && owners.Count > 0 && !owners.Any(owner => owner.Pid == pid)) return null;
        foreach (var served in Listeners)
        {
            var declared = IPAddress.Parse(served.Listener.Address);
            if (declared.Equals(socket.Local.Address)) return served;
            // A wildcard that somebody holds at one address has a socket at each of the others: ours, where that can be seen.
            if (Pid is not null && owners.Count > 0 && IsAt(served.Listener, socket.Local.Address)) return served;
        }

        return null;
    }

    /// <summary>Why clients of these sockets are accepted and reset; null when they are not, or another process has them.</summary>
    public string? Unserved(IEnumerable<SocketRow> sockets, PortFacts facts) =>
        OwnersOf(sockets, facts).Where(served => served.Listener is { State: nameof(ListenerState.Listening), Health: ListenerHealth.Failing })
            .Select(served => $"{Sentence(served)}.").FirstOrDefault();

    /// <summary>Some clients of these sockets get nothing, by a policy, by source ranges, or as another process has a part of the port.</summary>
    public bool IsForSome(IEnumerable<SocketRow> sockets, PortFacts facts) =>
        OwnersOf(sockets, facts).Any(served => served.Listener.Reason is not null || served.Listener.SourceRanges.Count > 0);

    /// <summary>It is to serve here and cannot, and none of these sockets is its own at another address: whoever accepts is somebody else.</summary>
    public bool IsTaken(IEnumerable<SocketRow> sockets, PortFacts facts) =>
        Listeners.Any(IsFailed) && !OwnersOf(sockets, facts).Any(served => !IsFailed(served));

    public IEnumerable<string> NextSteps(Verdict verdict, bool isTaken) => verdict switch
    {
        Verdict.Unserved => Listeners.Where(served => served.Listener.Health == ListenerHealth.Failing).Select(served => served.Service).Distinct()
            .Select(service => $"See what its endpoints answer, and why: userproxy explain {service}"),
        Verdict.Handled when isTaken => Listeners.Where(IsFailed).Select(served => served.Service).Distinct()
            .Select(service => $"Stop the process that has the port, or give {service} another: userproxy binds it as soon as it is free."),
        _ => [],
    };

    private static bool IsFailed((string Service, ListenerItem Listener) served) => served.Listener.State == nameof(ListenerState.Failed);

    private IEnumerable<(string Service, ListenerItem Listener)> OwnersOf(IEnumerable<SocketRow> sockets, PortFacts facts) =>
        sockets.Select(socket => Of(socket, facts)).OfType<(string Service, ListenerItem Listener)>();

    public static string Sentence((string Service, ListenerItem Listener) served) =>
        $"The running userproxy has this port for {served.Service} ({served.Listener.Kind} "
            + $"{new IPEndPoint(IPAddress.Parse(served.Listener.Address), served.Listener.Port)}): "
            + $"{served.Listener.State}{(served.Listener.Reason is { } reason ? $", {reason}" : "")}"
            + (served.Listener is { State: "Listening", Health: ListenerHealth.Failing }
                ? ", and none of its endpoints answers, so that connections are reset"
                : "")
            + (served.Listener.SourceRanges.Count > 0 ? $", for clients of {string.Join(", ", served.Listener.SourceRanges)} alone" : "");

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
