using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using UserProxy.Scheduling;
using UserProxy.Udp;

namespace UserProxy.Linux.Kernel;

/// <summary>Between IPEndPoint and struct sockaddr_in / sockaddr_in6 (ip(7), ipv6(7)).</summary>
internal static class SockAddr
{
    /// <summary>Room for either family.</summary>
    public const int MaxLength = 28;

    public static int Family(IPEndPoint endpoint) => endpoint.AddressFamily == AddressFamily.InterNetworkV6 ? Libc.AF_INET6 : Libc.AF_INET;

    /// <summary>Returns the length written.</summary>
    public static int Write(IPEndPoint endpoint, Span<byte> sockaddr)
    {
        sockaddr.Clear();
        bool six = endpoint.AddressFamily == AddressFamily.InterNetworkV6;
        BitConverter.TryWriteBytes(sockaddr, (ushort)Family(endpoint));
        BinaryPrimitives.WriteUInt16BigEndian(sockaddr[2..], (ushort)endpoint.Port);
        endpoint.Address.TryWriteBytes(sockaddr[(six ? 8 : 4)..], out _);
        if (six) BitConverter.TryWriteBytes(sockaddr[24..], (uint)endpoint.Address.ScopeId);
        return six ? 28 : 16;
    }

    public static IPEndPoint Read(ReadOnlySpan<byte> sockaddr)
    {
        int port = BinaryPrimitives.ReadUInt16BigEndian(sockaddr[2..]);
        if (BitConverter.ToUInt16(sockaddr) == Libc.AF_INET) return new(new IPAddress(sockaddr.Slice(4, 4)), port);
        var bytes = sockaddr.Slice(8, 16);
        uint scope = BitConverter.ToUInt32(sockaddr[24..]);
        return new(scope == 0 ? new IPAddress(bytes) : new IPAddress(bytes, scope), port);
    }

    /// <summary>As <see cref="Read"/> and a comparison of address and port, without the objects.</summary>
    public static bool Holds(ReadOnlySpan<byte> sockaddr, IPEndPoint endpoint)
    {
        Span<byte> other = stackalloc byte[MaxLength];
        Write(endpoint, other);
        // Family and port, then the address; between them IPv6 has its flow.
        bool six = BitConverter.ToUInt16(sockaddr) == Libc.AF_INET6;
        var address = six ? 8..24 : 4..8;
        return sockaddr[..4].SequenceEqual(other[..4]) && sockaddr[address].SequenceEqual(other[address]);
    }

    public static unsafe DatagramAddress ReadDatagram(byte* sockaddr)
    {
        ushort port = BinaryPrimitives.ReverseEndianness(*(ushort*)(sockaddr + 2));
        if (*(ushort*)sockaddr == Libc.AF_INET) return new(ClientAddress.FromIPv4(BinaryPrimitives.ReverseEndianness(*(uint*)(sockaddr + 4))), port);
        return new(new ClientAddress(BinaryPrimitives.ReadUInt128BigEndian(new ReadOnlySpan<byte>(sockaddr + 8, 16))), port, *(uint*)(sockaddr + 24));
    }

    /// <summary>Returns the length written.</summary>
    public static unsafe int Write(in DatagramAddress address, byte* sockaddr)
    {
        *(ushort*)(sockaddr + 2) = BinaryPrimitives.ReverseEndianness(address.Port);
        if (address.Address.IsIPv4)
        {
            *(ushort*)sockaddr = Libc.AF_INET;
            *(uint*)(sockaddr + 4) = BinaryPrimitives.ReverseEndianness((uint)address.Address.Value);
            *(ulong*)(sockaddr + 8) = 0;
            return 16;
        }

        *(ushort*)sockaddr = Libc.AF_INET6;
        *(uint*)(sockaddr + 4) = 0;
        BinaryPrimitives.WriteUInt128BigEndian(new Span<byte>(sockaddr + 8, 16), address.Address.Value);
        *(uint*)(sockaddr + 24) = address.Scope;
        return 28;
    }
}
