using System.Runtime.InteropServices;

namespace UserProxy.Linux.Datagrams;

/// <summary>
/// struct mmsghdr of recvmmsg(2) and sendmmsg(2) on 64-bit Linux; its beginning is the struct msghdr of recvmsg(2).
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    public byte* Name;
    public uint NameLength;
    public IoVector* Vectors;
    public nuint VectorCount;
    public byte* Control;
    public nuint ControlLength;
    public int Flags;
    private readonly int _padding;

    /// <summary>msg_len: bytes of the datagram that was received or sent.</summary>
    public uint Length;
}

/// <summary>struct iovec.</summary>
internal unsafe struct IoVector
{
    public byte* Base;
    public nuint Length;
}
