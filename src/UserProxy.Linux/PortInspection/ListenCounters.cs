namespace UserProxy.Linux.PortInspection;

/// <summary>
/// The kernel's counters of connections that found an accept queue full (TcpExt of /proc/net/netstat): of all listeners of the network namespace together, so
/// that only a change beside a test connection says something about one port.
/// </summary>
/// <param name="Overflows">ListenOverflows: an accept queue was full.</param>
/// <param name="Drops">ListenDrops: a SYN or a handshake's last ACK was dropped, for that or another reason.</param>
public readonly record struct ListenCounters(long Overflows, long Drops)
{
    /// <summary>Null when they cannot be read.</summary>
    internal static ListenCounters? Read(string procNet = "/proc/net")
    {
        try
        {
            return Parse(File.ReadLines(Path.Combine(procNet, "netstat")));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    internal static ListenCounters? Parse(IEnumerable<string> lines) =>
        ProtocolCounters.Parse(lines, "TcpExt") is var group
            && group.TryGetValue("ListenOverflows", out long overflows) && group.TryGetValue("ListenDrops", out long drops)
            ? new ListenCounters(overflows, drops)
            : null;
}
