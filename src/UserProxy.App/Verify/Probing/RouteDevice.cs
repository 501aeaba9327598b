using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Numerics;

namespace UserProxy.App.Verify.Probing;

/// <summary>
/// The interface that the routes of /proc/net lead to an address by. They are those of the main table, without the rules of ip-rule(8): a second witness for
/// <see cref="NodeNetwork"/>, which nothing is built on alone.
/// </summary>
internal static class RouteDevice
{
    /// <summary>Null: there is no route, or it cannot be read.</summary>
    /// <param name="address">Where to; <c>Any</c> of a family asks for the default route.</param>
    /// <param name="procNet">For tests; /proc/net.</param>
    public static string? To(IPAddress address, string procNet = "/proc/net")
    {
        try
        {
            return Find(File.ReadLines(Path.Combine(procNet, address.AddressFamily == AddressFamily.InterNetworkV6 ? "ipv6_route" : "route")), address);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The longest prefix, and of several the lowest metric.</summary>
    public static string? Find(IEnumerable<string> lines, IPAddress address)
    {
        (int Prefix, uint Metric, string Device)? best = null;
        foreach (string line in lines)
        {
            string[] fields = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            var route = address.AddressFamily == AddressFamily.InterNetworkV6 ? OfSix(fields, address) : OfFour(fields, address);
            if (route is not { } found) continue;
            if (best is { } kept && (kept.Prefix > found.Prefix || (kept.Prefix == found.Prefix && kept.Metric <= found.Metric))) continue;
            best = found;
        }

        return best?.Device;
    }

    /// <summary><c>eth0 00000000 010A0A0A 0003 0 0 100 00000000 0 0 0</c>: the bytes of addresses are as in memory, read as a number of this machine.</summary>
    private static (int Prefix, uint Metric, string Device)? OfFour(string[] fields, IPAddress address)
    {
        if (fields.Length < 8 || !IsHex(fields[1], out uint to) || !IsHex(fields[7], out uint mask)) return null;
        if (!uint.TryParse(fields[6], NumberStyles.None, CultureInfo.InvariantCulture, out uint metric)) return null;
        uint own = BitConverter.ToUInt32(address.GetAddressBytes());
        return (own & mask) == to ? (BitOperations.PopCount(mask), metric, fields[0]) : null;
    }

    /// <summary><c>TO LENGTH FROM LENGTH VIA METRIC USERS USES FLAGS eth0</c></summary>
    private static (int Prefix, uint Metric, string Device)? OfSix(string[] fields, IPAddress address)
    {
        if (fields.Length < 10 || fields[0].Length != 32 || !fields[0].All(char.IsAsciiHexDigit)) return null;
        if (!IsHex(fields[1], out uint length) || length > 128 || !IsHex(fields[5], out uint metric)) return null;
        byte[] to = Convert.FromHexString(fields[0]), own = address.GetAddressBytes();
        for (int bit = 0; bit < length; bit++)
        {
            if (((to[bit / 8] ^ own[bit / 8]) & (0x80 >> (bit % 8))) != 0) return null;
        }

        return ((int)length, metric, fields[9]);
    }

    private static bool IsHex(string text, out uint number) =>
        uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
}
