using System.Runtime.InteropServices;

namespace UserProxy.Linux.Netlink;

/// <summary>
/// Walks the messages of one received datagram (netlink(7), NLMSG_OK and NLMSG_NEXT). Every length is checked against what is there: a message
/// that claims more than was received ends the walk with <see cref="Malformed"/>. Used by the route sockets.
/// </summary>
internal ref struct NetlinkMessages(ReadOnlySpan<byte> datagram)
{
    /// <summary>sizeof(struct nlmsghdr).</summary>
    public const int HeaderLength = 16;

    private ReadOnlySpan<byte> _rest = datagram;

    public NetlinkMessage Current { get; private set; }

    public bool Malformed { get; private set; }

    public bool MoveNext()
    {
        if (_rest.IsEmpty) return false;
        if (_rest.Length < HeaderLength) return Fail();
        uint length = MemoryMarshal.Read<uint>(_rest);
        if (length < HeaderLength || length > (uint)_rest.Length) return Fail();
        Current = new NetlinkMessage(
            MemoryMarshal.Read<ushort>(_rest[4..]),
            MemoryMarshal.Read<ushort>(_rest[6..]),
            MemoryMarshal.Read<uint>(_rest[8..]),
            MemoryMarshal.Read<uint>(_rest[12..]),
            _rest[HeaderLength..(int)length]);
        _rest = _rest[Math.Min(Align((int)length), _rest.Length)..];
        return true;
    }

    /// <summary>Messages and attributes begin on multiples of four bytes.</summary>
    public static int Align(int length) => (length + 3) & ~3;

    private bool Fail()
    {
        Malformed = true;
        _rest = [];
        return false;
    }
}
