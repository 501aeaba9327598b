namespace UserProxy.Linux.PortInspection;

/// <summary>The sysctls that decide how many clients may wait and which ports are given away (ip-sysctl.rst, sysctl/net.rst). Needs no right.</summary>
public static class QueueSettings
{
    public const string MostWaiting = "net.core.somaxconn";
    public const string MostHandshakes = "net.ipv4.tcp_max_syn_backlog";
    public const string ResetsOnOverflow = "net.ipv4.tcp_abort_on_overflow";
    public const string Cookies = "net.ipv4.tcp_syncookies";
    public const string ReusesTimeWait = "net.ipv4.tcp_tw_reuse";
    public const string MostTimeWait = "net.ipv4.tcp_max_tw_buckets";
    public const string OwnPorts = "net.ipv4.ip_local_port_range";
    public const string ReservedPorts = "net.ipv4.ip_local_reserved_ports";
    public const string MostTracked = "net.netfilter.nf_conntrack_max";
    public const string Tracked = "net.netfilter.nf_conntrack_count";

    private static readonly string[] Names =
        [MostWaiting, MostHandshakes, ResetsOnOverflow, Cookies, ReusesTimeWait, MostTimeWait, OwnPorts, ReservedPorts, MostTracked, Tracked];

    /// <summary>As they are now, those that this kernel has and shows: name and value, in a fixed order.</summary>
    /// <param name="sys">For tests; /proc/sys.</param>
    public static IReadOnlyList<(string Name, string Value)> Read(string sys = "/proc/sys")
    {
        var settings = new List<(string, string)>();
        foreach (string name in Names)
        {
            try
            {
                settings.Add((name, File.ReadAllText(Path.Combine(sys, name.Replace('.', '/'))).Trim().Replace('\t', ' ')));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Without the module there is no such file.
            }
        }

        return settings;
    }
}
