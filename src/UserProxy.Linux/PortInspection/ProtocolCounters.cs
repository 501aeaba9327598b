using System.Globalization;

namespace UserProxy.Linux.PortInspection;

/// <summary>
/// Reads /proc/net/netstat and /proc/net/snmp (proc_pid_net(5)): for each group a line of names and a line of numbers. Of the whole network namespace. Used by
/// <see cref="ListenCounters"/> and <see cref="NodeInspector"/>.
/// </summary>
internal static class ProtocolCounters
{
    /// <summary>Of a node that turns clients away, or loses datagrams: file, group, name.</summary>
    private static readonly (string File, string Group, string Name)[] Telling =
    [
        ("netstat", "TcpExt", "ListenOverflows"),
        ("netstat", "TcpExt", "ListenDrops"),
        ("netstat", "TcpExt", "TCPReqQFullDrop"),
        ("netstat", "TcpExt", "TCPReqQFullDoCookies"),
        ("netstat", "TcpExt", "SyncookiesSent"),
        ("netstat", "TcpExt", "TCPTimeWaitOverflow"),
        ("snmp", "Udp", "RcvbufErrors"),
    ];

    /// <summary>Those that this kernel has; none when they cannot be read.</summary>
    public static IReadOnlyList<KernelCounter> ReadTelling(string procNet = "/proc/net")
    {
        var groups = new Dictionary<(string, string), IReadOnlyDictionary<string, long>>();
        var counters = new List<KernelCounter>();
        foreach (var (file, group, name) in Telling)
        {
            if (!groups.TryGetValue((file, group), out var values)) groups[(file, group)] = values = Read(Path.Combine(procNet, file), group);
            if (values.TryGetValue(name, out long value)) counters.Add(new KernelCounter(group == "TcpExt" ? name : group + name, value));
        }

        return counters;
    }

    public static IReadOnlyDictionary<string, long> Parse(IEnumerable<string> lines, string group)
    {
        string[]? names = null;
        foreach (string line in lines.Where(line => line.StartsWith($"{group}:", StringComparison.Ordinal)))
        {
            string[] columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (names is null)
            {
                names = columns;
                continue;
            }

            var values = new Dictionary<string, long>(StringComparer.Ordinal);
            foreach (var (name, column) in names.Zip(columns))
            {
                if (long.TryParse(column, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)) values.TryAdd(name, value);
            }

            return values;
        }

        return new Dictionary<string, long>();
    }

    private static IReadOnlyDictionary<string, long> Read(string path, string group)
    {
        try
        {
            return Parse(File.ReadLines(path), group);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Dictionary<string, long>();
        }
    }
}

/// <summary>One counter of the kernel, of the whole network namespace since it was made.</summary>
/// <param name="Name">As <c>nstat</c> names those of TcpExt; of UDP with the group in front: <c>UdpRcvbufErrors</c>.</param>
/// <param name="Value">When it was read.</param>
public readonly record struct KernelCounter(string Name, long Value);
