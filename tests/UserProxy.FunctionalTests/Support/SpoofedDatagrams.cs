using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using UserProxy.FunctionalTests.Cluster;

namespace UserProxy.FunctionalTests.Support;

/// <summary>IPv4 datagrams to one address that claim to come from wherever a test says (raw(7), IP_HDRINCL).</summary>
internal sealed class SpoofedDatagrams : IDisposable
{
    private const int IPHeader = 20, UdpHeader = 8;

    private readonly Socket _socket;
    private readonly SocketAddress _to;
    private readonly byte[] _packet = new byte[IPHeader + UdpHeader + 64];

    public SpoofedDatagrams(Host from, IPEndPoint to)
    {
        _socket = NamespaceThread.Run(from.Namespace, () => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Udp));
        _socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.HeaderIncluded, true);
        _to = to.Serialize();
        // Length, identification and the checksum of the IP header are the kernel's to fill in; a UDP checksum of 0 is none.
        _packet[0] = 0x45;
        _packet[8] = 64;
        _packet[9] = (byte)ProtocolType.Udp;
        to.Address.TryWriteBytes(_packet.AsSpan(16), out _);
        BinaryPrimitives.WriteUInt16BigEndian(_packet.AsSpan(22), (ushort)to.Port);
    }

    public void Send(IPEndPoint source, ReadOnlySpan<byte> payload)
    {
        source.Address.TryWriteBytes(_packet.AsSpan(12), out _);
        Send((ushort)source.Port, payload);
    }

    /// <summary>From an address that is given as a number.</summary>
    public void Send(uint address, ushort port, ReadOnlySpan<byte> payload)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_packet.AsSpan(12), address);
        Send(port, payload);
    }

    private void Send(ushort port, ReadOnlySpan<byte> payload)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_packet.AsSpan(20), port);
        BinaryPrimitives.WriteUInt16BigEndian(_packet.AsSpan(24), (ushort)(UdpHeader + payload.Length));
        payload.CopyTo(_packet.AsSpan(IPHeader + UdpHeader));
        _socket.SendTo(_packet.AsSpan(0, IPHeader + UdpHeader + payload.Length), SocketFlags.None, _to);
    }

    public void Dispose() => _socket.Dispose();
}
