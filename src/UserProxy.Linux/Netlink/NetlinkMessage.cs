namespace UserProxy.Linux.Netlink;

/// <summary>One message of a netlink datagram: the fields of struct nlmsghdr (netlink(7)) and what follows it. Made by <see cref="NetlinkMessages"/>.</summary>
internal readonly ref struct NetlinkMessage(ushort type, ushort flags, uint sequence, uint port, ReadOnlySpan<byte> payload)
{
    public ushort Type { get; } = type;

    public ushort Flags { get; } = flags;

    /// <summary>Of the request that this answers; 0 in a notification.</summary>
    public uint Sequence { get; } = sequence;

    /// <summary>The port id of the socket whose request caused this; 0 for the kernel itself.</summary>
    public uint Port { get; } = port;

    public ReadOnlySpan<byte> Payload { get; } = payload;
}
