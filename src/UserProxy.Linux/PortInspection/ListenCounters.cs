using System.Globalization;

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

    /// <summary>A line of names and a line of numbers for each group.</summary>
    internal static ListenCounters? Parse(IEnumerable<string> lines)
    {
        string[]? names = null;
        foreach (string line in lines.Where(line => line.StartsWith("TcpExt:", StringComparison.Ordinal)))
        {
            string[] columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (names is null) names = columns;
            else if (Value(names, columns, "ListenOverflows") is { } overflows && Value(names, columns, "ListenDrops") is { } drops)
                return new ListenCounters(overflows, drops);
        }

        return null;
    }

    private static long? Value(string[] names, string[] columns, string name)
    {
        int at = Array.IndexOf(names, name);
        return at >= 0
            && at < columns.Length && long.TryParse(columns[at], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : null;
    }
}
