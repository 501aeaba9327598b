using System.Globalization;

namespace UserProxy.Linux.Host;

/// <summary>The ports that the kernel gives to sockets that ask for none (ip(7), ip_local_port_range), in the syntax of nft(8).</summary>
internal readonly record struct PortRange(ushort First, ushort Last)
{
    private const string Setting = "/proc/sys/net/ipv4/ip_local_port_range";

    private static readonly PortRange KernelDefault = new(32768, 60999);

    public bool Contains(int port) => port >= First && port <= Last;

    public int Count => Last - First + 1;

    public static PortRange OfKernel()
    {
        try
        {
            return Parse(File.ReadAllText(Setting));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return KernelDefault;
        }
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");

    internal static PortRange Parse(string text) =>
        text.Split((char[])['\t', ' ', '\n'], StringSplitOptions.RemoveEmptyEntries) is [var first, var last]
        && ushort.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out ushort from)
        && ushort.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out ushort to)
        && from < to
            ? new PortRange(from, to)
            : KernelDefault;
}
