using System.Globalization;
using UserProxy.Model;

namespace UserProxy.Linux.PortInspection;

/// <summary>Finds the virtual servers of a port in /proc/net/ip_vs, which any user may read. Pure; used by <see cref="RuleSearch"/>.</summary>
internal static class VirtualServers
{
    private const int MostHints = 20;

    /// <summary>
    /// Lines such as <c>TCP 0A000001:7580 rr</c> and <c>TCP [fd00:...:0001]:7580 rr</c>, each followed by its destinations: <c> -> 0AF40105:1F90 ...</c>.
    /// </summary>
    public static List<RuleHint> Find(IEnumerable<string> lines, TransportProtocol protocol, int port)
    {
        var hints = new List<RuleHint>();
        string name = protocol.Name();
        string? server = null;
        int destinations = 0;
        foreach (string line in lines)
        {
            if (line.TrimStart().StartsWith("->", StringComparison.Ordinal))
            {
                destinations++;
                continue;
            }

            Close();
            string[] columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length < 3 || columns[0] != name) continue;
            int colon = columns[1].LastIndexOf(':');
            if (colon < 0 || !int.TryParse(columns[1].AsSpan(colon + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int served)
                || served != port) continue;
            server = $"{columns[1][..colon].Trim('[', ']') switch { { Length: 8 } four => Dotted(four), var six => $"[{six}]" }}:{port} {columns[2]}";
            destinations = 0;
        }

        Close();
        return hints;

        void Close()
        {
            if (server is not null && hints.Count < MostHints) hints.Add(new RuleHint("ipvs", name, $"{server}, {destinations} destinations"));
            server = null;
        }
    }

    private static string Dotted(string hex) => uint.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint address)
        ? $"{address >> 24}.{(address >> 16) & 255}.{(address >> 8) & 255}.{address & 255}"
        : hex;
}
