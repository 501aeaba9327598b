using System.Globalization;

namespace UserProxy.Linux.Host;

/// <summary>The ports that the kernel gives to no socket that asks for none (ip_local_reserved_ports), in the form of the setting: 8080,9148-9150.</summary>
internal readonly record struct ReservedPortList(string Text)
{
    private const string Setting = "/proc/sys/net/ipv4/ip_local_reserved_ports";

    public bool Contains(int port) => Text.Split(',', StringSplitOptions.RemoveEmptyEntries).Any(part =>
    {
        string[] ends = part.Split('-');
        return int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first)
            && int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last) && first <= port && port <= last;
    });

    public static ReservedPortList OfKernel()
    {
        try
        {
            return new ReservedPortList(File.ReadAllText(Setting).Trim());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new ReservedPortList("");
        }
    }
}
