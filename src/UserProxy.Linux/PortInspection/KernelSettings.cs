using System.Globalization;

namespace UserProxy.Linux.PortInspection;

/// <summary>Settings of the kernel for this network namespace, as sysctl(8) has them. Only read; never throws. Called by <c>verify</c>.</summary>
/// <param name="root">For tests; /proc/sys.</param>
public sealed class KernelSettings(string root = "/proc/sys")
{
    /// <summary>rp_filter of ip-sysctl: 0 none, 1 strict, 2 loose. The larger of the interface's and that of all counts; null where it is not told.</summary>
    public int? ReversePathFilter(string device) =>
        Number($"net/ipv4/conf/{device}/rp_filter") is { } own ? Math.Max(own, Number("net/ipv4/conf/all/rp_filter") ?? 0) : null;

    /// <summary>IPv6 is switched off for an interface, or there is none in this kernel.</summary>
    public bool IsIPv6Off(string device) =>
        !Directory.Exists(Path.Combine(root, "net/ipv6")) || Number($"net/ipv6/conf/{device}/disable_ipv6") == 1;

    /// <summary>The kernel may give the port to an outgoing connection.</summary>
    public bool IsEphemeral(int port) =>
        Text("net/ipv4/ip_local_port_range")?.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is [var first, var last]
        && Contains($"{first}-{last}", port)
        && Text("net/ipv4/ip_local_reserved_ports")?.Split(',').Any(range => Contains(range, port)) != true;

    /// <summary>Null when it cannot be read or is no number.</summary>
    public int? Number(string name) =>
        int.TryParse(Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : null;

    private string? Text(string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(root, name)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary><c>8080</c>, or <c>30000-32767</c>.</summary>
    private static bool Contains(string range, int port)
    {
        string[] ends = range.Split('-');
        return int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first)
            && int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last) && first <= port && port <= last;
    }
}
