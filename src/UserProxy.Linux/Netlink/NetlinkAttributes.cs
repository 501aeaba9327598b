using System.Runtime.InteropServices;

namespace UserProxy.Linux.Netlink;

/// <summary>
/// Walks the attributes of a message (rtnetlink(7), RTA_OK and RTA_NEXT), bounds checked: what does not fit ends the walk, and a caller that
/// misses an attribute drops the message.
/// </summary>
internal ref struct NetlinkAttributes(ReadOnlySpan<byte> attributes)
{
    // The two highest bits are flags (NLA_F_NESTED, NLA_F_NET_BYTEORDER).
    private const int TypeMask = 0x3fff;

    private ReadOnlySpan<byte> _rest = attributes;

    public int Type { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    public bool MoveNext()
    {
        if (_rest.Length < 4) return false;
        int length = MemoryMarshal.Read<ushort>(_rest);
        if (length < 4 || length > _rest.Length) return false;
        Type = MemoryMarshal.Read<ushort>(_rest[2..]) & TypeMask;
        Value = _rest[4..length];
        _rest = _rest[Math.Min(NetlinkMessages.Align(length), _rest.Length)..];
        return true;
    }
}
