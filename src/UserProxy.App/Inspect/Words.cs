using System.Globalization;
using UserProxy.Kubernetes;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Inspect;

/// <summary>Phrases that evidence is made of. Names of processes come from outside and are made printable.</summary>
internal static class Words
{
    private const int MostOwners = 3;

    /// <summary><c>nginx (pid 12)</c>, or that nobody was seen.</summary>
    public static string Owner(PortFacts facts, SocketRow socket)
    {
        var owners = facts.Owners.Of(socket.Inode);
        if (owners.Count == 0)
            return socket.IsOwned ? string.Create(CultureInfo.InvariantCulture, $"a process of uid {socket.Uid} that cannot be seen from here") : "no process";
        string more = owners.Count > MostOwners ? $" and {owners.Count - MostOwners} more" : "";
        return string.Join(", ", owners.Take(MostOwners).Select(Name)) + more;
    }

    /// <summary>What shows the process of a socket that has none so far.</summary>
    public static string HowToSeeOwners(SocketOwners owners) => owners is { IsIncomplete: true, Unreadable: 0 }
        ? "Ask again to see which process it is: there were too many to look at all of them in time."
        : "Run it as root, in the host's PID namespace, to see which process it is.";

    public static string Name(SocketOwner owner) => string.Create(CultureInfo.InvariantCulture, $"{PrintableText.Of(owner.Name)} (pid {owner.Pid})");

    public static string Time(TimeSpan time) => time < TimeSpan.FromSeconds(1)
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0.1, time.TotalMilliseconds):0.#} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");

    public static string Count(long count, string one, string? many = null) => count == 1 ? $"1 {one}" : $"{count} {many ?? one + "s"}";

    /// <summary>Lines that are the same, such as those of several sockets of one process, as one with their number.</summary>
    public static IEnumerable<string> Once(IEnumerable<string> lines) =>
        lines.CountBy(
            line => line).Select(line => line.Value == 1 ? line.Key : $"{line.Key.TrimEnd('.')} ({line.Value} times{(line.Key.EndsWith('.') ? ")." : ")")}");

    /// <summary>As ss(8) and netstat(8) write it.</summary>
    public static string State(SocketState state) => state switch
    {
        SocketState.Established => "ESTABLISHED",
        SocketState.SynSent => "SYN_SENT",
        SocketState.SynReceived => "SYN_RECV",
        SocketState.FinWait1 => "FIN_WAIT1",
        SocketState.FinWait2 => "FIN_WAIT2",
        SocketState.TimeWait => "TIME_WAIT",
        SocketState.Closed => "CLOSED",
        SocketState.CloseWait => "CLOSE_WAIT",
        SocketState.LastAck => "LAST_ACK",
        SocketState.Listen => "LISTEN",
        SocketState.Closing => "CLOSING",
        SocketState.Bound => "BOUND",
        _ => "UNKNOWN",
    };

    /// <summary><c>129/128</c>; the backlog is not told by every source.</summary>
    public static string Queue(SocketRow listener) =>
        listener.SendQueue is { } backlog
            ? string.Create(CultureInfo.InvariantCulture, $"{listener.ReceiveQueue}/{backlog}")
            : listener.ReceiveQueue.ToString(CultureInfo.InvariantCulture);
}
