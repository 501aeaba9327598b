using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace UserProxy.ProxyProtocol;

/// <summary>The line of text of version 1 (2.1 of the specification).</summary>
internal static class ProxyHeaderV1
{
    /// <summary>The longest line, CRLF included: "worst case" of the specification.</summary>
    public const int MaxLength = 107;

    /// <summary>Groups of 16 bits of an IPv6 address, their colons, and an IPv4 address at the end.</summary>
    private const int LongestAddress = 45;

    public static ReadOnlySpan<byte> Signature => "PROXY "u8;

    private static ReadOnlySpan<byte> Tcp4 => "PROXY TCP4 "u8;

    private static ReadOnlySpan<byte> Tcp6 => "PROXY TCP6 "u8;

    private static ReadOnlySpan<byte> Unknown => "PROXY UNKNOWN"u8;

    /// <param name="bytes">Begin with <see cref="Signature"/>.</param>
    /// <param name="header">What they say.</param>
    public static ParseResult Parse(ReadOnlySpan<byte> bytes, out ProxyHeader header)
    {
        header = default;
        if (!MayBegin(bytes, Tcp4) && !MayBegin(bytes, Tcp6) && !MayBegin(bytes, Unknown)) return ParseResult.Invalid;
        var line = bytes[..Math.Min(bytes.Length, MaxLength)];
        int end = line.IndexOfAny((byte)'\r', (byte)'\n');
        if (end < 0) return bytes.Length < MaxLength ? ParseResult.Incomplete : ParseResult.Invalid;
        // Neither ends the line alone.
        if (line[end] == '\n') return ParseResult.Invalid;
        if (end + 1 == line.Length) return bytes.Length < MaxLength ? ParseResult.Incomplete : ParseResult.Invalid;
        if (line[end + 1] != '\n') return ParseResult.Invalid;

        int length = end + 2;
        line = line[..end];
        if (line.StartsWith(Unknown))
        {
            if (line.Length > Unknown.Length && line[Unknown.Length] != ' ') return ParseResult.Invalid;
            header = new ProxyHeader(length, ProxyCommand.Unknown);
            return ParseResult.Complete;
        }

        return TryReadAddresses(line, length, out header) ? ParseResult.Complete : ParseResult.Invalid;
    }

    /// <summary>Returns the length; <paramref name="to"/> has room for <see cref="MaxLength"/>.</summary>
    public static int Write(Span<byte> to, IPEndPoint source, IPEndPoint destination)
    {
        // Addresses of both families are told as IPv6 (RFC 4291, 2.5.5.2), as HAProxy does.
        bool four = source.AddressFamily == AddressFamily.InterNetwork && destination.AddressFamily == AddressFamily.InterNetwork;
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"PROXY {(four ? "TCP4" : "TCP6")} {TextOf(source.Address, four)} {TextOf(destination.Address, four)} {source.Port} {destination.Port}\r\n");
        return Encoding.ASCII.GetBytes(line, to);
    }

    private static bool MayBegin(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> beginning)
    {
        int common = Math.Min(bytes.Length, beginning.Length);
        return bytes[..common].SequenceEqual(beginning[..common]);
    }

    private static bool TryReadAddresses(ReadOnlySpan<byte> line, int length, out ProxyHeader header)
    {
        header = default;
        bool four = line.StartsWith(Tcp4);
        // Both words are as long.
        var rest = line[Tcp4.Length..];
        if (!TryReadAddress(Next(ref rest), four, out var source) || !TryReadAddress(Next(ref rest), four, out var destination)) return false;
        if (!TryReadPort(Next(ref rest), out int sourcePort) || !TryReadPort(rest, out int destinationPort)) return false;
        header = new ProxyHeader(length, ProxyCommand.Proxy, new IPEndPoint(source, sourcePort), new IPEndPoint(destination, destinationPort));
        return true;
    }

    /// <summary>Up to the next blank, which is taken as well; empty, which is no value, when there is none.</summary>
    private static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> rest)
    {
        int blank = rest.IndexOf((byte)' ');
        if (blank < 0) return default;
        var word = rest[..blank];
        rest = rest[(blank + 1)..];
        return word;
    }

    private static bool TryReadAddress(ReadOnlySpan<byte> text, bool four, out IPAddress address)
    {
        address = IPAddress.None;
        return four ? TryReadIPv4(text, out address) : TryReadIPv6(text, out address);
    }

    private static bool TryReadIPv4(ReadOnlySpan<byte> text, out IPAddress address)
    {
        address = IPAddress.None;
        Span<byte> octets = stackalloc byte[4];
        for (int i = 0; i < octets.Length; i++)
        {
            int dot = text.IndexOf((byte)'.');
            if (dot < 0 != (i == octets.Length - 1)) return false;
            if (!TryReadNumber(dot < 0 ? text : text[..dot], byte.MaxValue, out int octet)) return false;
            octets[i] = (byte)octet;
            text = text[(dot + 1)..];
        }

        address = new IPAddress(octets);
        return true;
    }

    private static bool TryReadIPv6(ReadOnlySpan<byte> text, out IPAddress address)
    {
        address = IPAddress.None;
        if (text.Length is < 2 or > LongestAddress || !text.Contains((byte)':')) return false;
        // inet_ntop(3), which senders use, ends some of them as IPv4 does.
        if (text.Contains((byte)'.') && !TryReadIPv4(text[(text.LastIndexOf((byte)':') + 1)..], out _)) return false;
        Span<char> letters = stackalloc char[LongestAddress];
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsAsciiHexDigit((char)text[i]) && text[i] is not ((byte)':' or (byte)'.')) return false;
            letters[i] = (char)text[i];
        }

        if (!IPAddress.TryParse(letters[..text.Length], out var parsed) || parsed.AddressFamily != AddressFamily.InterNetworkV6) return false;
        address = parsed.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed;
        return true;
    }

    private static bool TryReadPort(ReadOnlySpan<byte> text, out int port) => TryReadNumber(text, ushort.MaxValue, out port);

    /// <summary>Digits alone, without a zero in front.</summary>
    private static bool TryReadNumber(ReadOnlySpan<byte> text, int most, out int number)
    {
        number = 0;
        if (text.Length is 0 or > 5 || (text[0] == '0' && text.Length > 1)) return false;
        foreach (byte digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9') return false;
            number = (number * 10) + (digit - '0');
        }

        return number <= most;
    }

    /// <summary>Without a zone. .NET ends some IPv6 addresses as IPv4, which the specification does not know.</summary>
    private static string TextOf(IPAddress address, bool four)
    {
        if (four) return address.ToString();
        Span<byte> bytes = stackalloc byte[16];
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        string usual = new IPAddress(bytes).ToString();
        if (!usual.Contains('.', StringComparison.Ordinal)) return usual;
        var text = new StringBuilder(LongestAddress);
        for (int i = 0; i < bytes.Length; i += 2) text.Append(CultureInfo.InvariantCulture, $"{(i == 0 ? "" : ":")}{(bytes[i] << 8) | bytes[i + 1]:x}");
        return text.ToString();
    }
}
