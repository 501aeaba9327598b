using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace UserProxy.Model;

/// <summary>
/// A block of addresses as users write it (<c>10.0.0.0/8</c>). Unlike <see cref="IPNetwork"/> it takes host bits for what Go takes
/// them: ignored, so <c>10.1.2.3/8</c> is <c>10.0.0.0/8</c>.
/// </summary>
public readonly record struct CidrBlock(IPAddress Address, int PrefixLength)
{
    public AddressFamily Family => Address.AddressFamily;

    public static bool TryParse(string text, out CidrBlock block)
    {
        block = default;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !AddressText.TryParse(text.AsSpan(0, slash), out var address)) return false;
        int bits = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        if (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int prefix) || prefix > bits) return false;
        block = new CidrBlock(address, prefix);
        return true;
    }

    public bool Contains(IPAddress other)
    {
        if (other.AddressFamily != Family) return false;

        Span<byte> mine = stackalloc byte[16];
        Span<byte> theirs = stackalloc byte[16];
        Address.TryWriteBytes(mine, out _);
        other.TryWriteBytes(theirs, out _);
        int whole = PrefixLength / 8;
        int rest = PrefixLength % 8;
        if (!mine[..whole].SequenceEqual(theirs[..whole])) return false;
        return rest == 0 || (mine[whole] ^ theirs[whole]) >> (8 - rest) == 0;
    }

    public override string ToString() => $"{Address}/{PrefixLength}";
}
