using System.Globalization;
using System.Text;
using UserProxy.Linux.PortInspection;

namespace UserProxy.App.Sysdump;

/// <summary>
/// What /proc says of this node's network and memory, and of the proxy's process: files that every user may read. Command lines and environments are not among
/// them, as they may hold secrets.
/// </summary>
internal static class KernelFacts
{
    private const int MostOfOne = 256 * 1024;

    private static readonly string[] Files =
    [
        "/proc/version", "/proc/uptime", "/proc/loadavg", "/proc/meminfo", "/proc/net/netstat", "/proc/net/snmp", "/proc/net/snmp6", "/proc/net/sockstat",
        "/proc/net/sockstat6", "/proc/net/softnet_stat", "/proc/sys/fs/file-nr", "/proc/sys/fs/nr_open", "/proc/sys/net/ipv4/tcp_mem",
        "/proc/sys/net/ipv4/tcp_rmem", "/proc/sys/net/ipv4/tcp_wmem", "/proc/sys/net/core/netdev_max_backlog", "/proc/pressure/cpu", "/proc/pressure/memory",
    ];

    public static string Read()
    {
        var text = new StringBuilder("== sysctls\n");
        foreach (var (name, value) in QueueSettings.Read()) text.Append(CultureInfo.InvariantCulture, $"{name} = {value}\n");
        foreach (string file in Files) Append(text, file);
        return text.ToString();
    }

    public static string OfProcess(int pid)
    {
        var text = new StringBuilder();
        foreach (string file in (string[])["status", "limits", "cgroup", "schedstat"])
            Append(text, string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/{file}"));
        return text.ToString();
    }

    private static void Append(StringBuilder text, string file)
    {
        text.Append(CultureInfo.InvariantCulture, $"== {file}\n");
        try
        {
            string content = File.ReadAllText(file);
            text.Append(content.Length > MostOfOne ? content[..MostOfOne] : content).Append('\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            text.Append(CultureInfo.InvariantCulture, $"cannot be read: {FileFault.Of(e, file)}\n");
        }
    }
}
