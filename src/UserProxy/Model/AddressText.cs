using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace UserProxy.Model;

/// <summary>
/// Reads IP addresses as Kubernetes does and .NET does not. IPv4 has four decimal octets, whose leading zeros mean nothing (010.0.0.1 is 10.0.0.1, never
/// octal); there is no shorthand (<c>1</c>, <c>0x7f.1</c>), no brackets, no zone. An IPv4-mapped IPv6 address is the IPv4 address that it stands for, as in
/// Go: one backend has one key, and does not pass for an IPv6 address.
/// </summary>
public static class AddressText
{
    // Longest text of an IPv6 address, with room for the leading zeros that IPv4 tolerates.
    private const int MaxLength = 64;

    private static readonly SearchValues<char> IPv6Characters = SearchValues.Create("0123456789abcdefABCDEF:.");

    public static bool TryParse(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        if (text.Length is 0 or > MaxLength) return false;
        return text.Contains(':') ? TryParseIPv6(text, out address) : TryParseIPv4(text, out address);
    }

    private static bool TryParseIPv6(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        if (text.ContainsAnyExcept(IPv6Characters)) return false;
        if (!IPAddress.TryParse(text, out var parsed) || parsed.AddressFamily != AddressFamily.InterNetworkV6) return false;
        address = parsed.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed;
        return true;
    }

    private static bool TryParseIPv4(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        Span<byte> octets = stackalloc byte[4];
        int count = 0;
        foreach (var range in text.Split('.'))
        {
            var digits = text[range];
            if (count == 4 || digits.IsEmpty || digits.IndexOfAnyExceptInRange('0', '9') >= 0) return false;
            digits = digits.TrimStart('0');
            if (digits.Length > 3 || (digits.Length > 0 && int.Parse(digits) > byte.MaxValue)) return false;
            octets[count++] = digits.IsEmpty ? (byte)0 : (byte)int.Parse(digits);
        }

        if (count != 4) return false;
        address = new IPAddress(octets);
        return true;
    }
}
