using System.Buffers.Binary;
using System.Runtime.InteropServices;
using UserProxy.Linux.Kernel;
using UserProxy.Scheduling;
using UserProxy.Udp;

namespace UserProxy.Linux.Datagrams;

/// <summary>
/// Places for the datagrams of one turn of a loop: received into them, given another address, and sent from them, without a copy. Each has room for the longest
/// datagram; the memory of a place is used by the kernel only as far as datagrams reach.
/// </summary>
internal sealed unsafe class DatagramBatch : IDisposable
{
    public const int Capacity = 64;

    /// <summary>A UDP length field says no more, its header of 8 bytes included.</summary>
    private const int LongestDatagram = 65_535;

    /// <summary>What may be put before a datagram.</summary>
    public const int Headroom = ProxyProtocol.ProxyDatagramHeader.MaxLength;

    /// <summary>Places do not begin at the same offset of a page: short datagrams would all fight for the same few lines of the processor's cache.</summary>
    private const int Stride = 65_536 + Headroom + (3 * 64);

    private const int NameSize = 32, ControlSize = 64, HopsLength = 4;

    private const int HeaderOfControl = 16, IPv4InfoLength = 12, IPv6InfoLength = 20;

    private readonly byte* _memory;
    private readonly byte* _buffers;
    private readonly byte* _names;
    private readonly byte* _controls;
    private readonly IoVector* _vectors;
    private readonly MessageHeader* _received;
    private readonly MessageHeader* _toSend;
    private readonly bool[] _hasControl = new bool[Capacity];
    private readonly int[] _prefixes = new int[Capacity];

    public DatagramBatch()
    {
        const int PerPlace = NameSize + ControlSize;
        nuint headers = (nuint)(Capacity * (sizeof(IoVector) + (2 * sizeof(MessageHeader)) + PerPlace));
        _memory = (byte*)NativeMemory.AlignedAlloc(headers + ((nuint)Capacity * Stride), 4096);
        NativeMemory.Clear(_memory, headers);
        _received = (MessageHeader*)_memory;
        _toSend = _received + Capacity;
        _vectors = (IoVector*)(_toSend + Capacity);
        _names = (byte*)(_vectors + Capacity);
        _controls = _names + (Capacity * NameSize);
        _buffers = _memory + headers;
        Prepare(Capacity);
    }

    /// <summary>
    /// Receives into the places from <paramref name="first"/> on, <paramref name="most"/> at most. Returns how many datagrams have come, or minus errno.
    /// </summary>
    public int Receive(int fd, int first, int most) => Libc.ReceiveMessages(fd, _received + first, Math.Min(most, Capacity - first));

    /// <summary>Makes the first <paramref name="count"/> places ready for other datagrams; the rest is as it was.</summary>
    public void Prepare(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _prefixes[i] = 0;
            _vectors[i] = new IoVector { Base = _buffers + ((nint)i * Stride) + Headroom, Length = LongestDatagram };
            _received[i] = new MessageHeader
            {
                Name = _names + (i * NameSize),
                NameLength = NameSize,
                Vectors = _vectors + i,
                VectorCount = 1,
                // Filled by the sockets of listeners, which ask for it: the local address and the hops at most, which is what there is room for.
                Control = _controls + (i * ControlSize),
                ControlLength = ControlSize,
            };
        }
    }

    public int LengthOf(int place) => (int)_received[place].Length;

    /// <summary>The kernel has cut it.</summary>
    public bool IsTruncated(int place) => (_received[place].Flags & Libc.MSG_TRUNC) != 0;

    public DatagramAddress SourceOf(int place) => SockAddr.ReadDatagram(_names + (place * NameSize));

    /// <summary>
    /// The address that the client has written to (IP_PKTINFO, IPV6_PKTINFO); false when it was a broadcast or multicast address, which cannot be answered
    /// from.
    /// </summary>
    public bool TryReadLocal(int place, out ClientAddress local)
    {
        byte* control = _controls + (place * ControlSize);
        local = default;
        if (_received[place].ControlLength < HeaderOfControl + IPv4InfoLength) return false;
        byte* info = control + HeaderOfControl;
        if (*(int*)(control + 8) == Libc.IPPROTO_IP)
        {
            // struct in_pktinfo: interface, the local address, the destination in the header. They differ for a broadcast.
            if (*(uint*)(info + 4) != *(uint*)(info + 8)) return false;
            local = ClientAddress.FromIPv4(BinaryPrimitives.ReadUInt32BigEndian(new ReadOnlySpan<byte>(info + 8, 4)));
            return true;
        }

        if (_received[place].ControlLength < HeaderOfControl + IPv6InfoLength || *info == 0xFF) return false;
        local = new ClientAddress(BinaryPrimitives.ReadUInt128BigEndian(new ReadOnlySpan<byte>(info, 16)));
        return true;
    }

    /// <summary>How many hops the datagram had left when it came (IP_TTL, IPV6_HOPLIMIT); 0 when the socket has not asked.</summary>
    public int HopsOf(int place)
    {
        byte* control = _controls + (place * ControlSize);
        int length = (int)_received[place].ControlLength;
        for (int at = 0; at + HeaderOfControl + HopsLength <= length;)
        {
            int size = (int)*(nuint*)(control + at);
            int level = *(int*)(control + at + 8), type = *(int*)(control + at + 12);
            if ((level, type) is (Libc.IPPROTO_IP, Libc.IP_TTL) or (Libc.IPPROTO_IPV6, Libc.IPV6_HOPLIMIT)) return *(int*)(control + at + HeaderOfControl);
            if (size < HeaderOfControl) break;
            at += (size + 7) & ~7;
        }

        return 0;
    }

    /// <summary>The place's datagram goes to <paramref name="target"/>, from the address of the socket.</summary>
    /// <param name="place">Where it is.</param>
    /// <param name="target">Where it goes.</param>
    /// <param name="hops">How many it may take; 0 leaves the socket's.</param>
    public void Address(int place, in DatagramAddress target, int hops = 0)
    {
        SetName(place, target);
        _hasControl[place] = hops > 0;
        if (hops <= 0) return;
        if (target.Address.IsIPv4) SetControl(place, Libc.IPPROTO_IP, Libc.IP_TTL, HopsLength);
        else SetControl(place, Libc.IPPROTO_IPV6, Libc.IPV6_HOPLIMIT, HopsLength);
        *(int*)(_controls + (place * ControlSize) + HeaderOfControl) = hops;
    }

    /// <summary>The same, but from <paramref name="source"/>, which is one of the addresses of a wildcard socket.</summary>
    public void Address(int place, in DatagramAddress target, ClientAddress source)
    {
        SetName(place, target);
        _hasControl[place] = true;
        byte* control = _controls + (place * ControlSize);
        byte* info = control + HeaderOfControl;
        NativeMemory.Clear(control, ControlSize);
        if (source.IsIPv4)
        {
            SetControl(place, Libc.IPPROTO_IP, Libc.IP_PKTINFO, IPv4InfoLength);
            BinaryPrimitives.WriteUInt32BigEndian(new Span<byte>(info + 4, 4), (uint)source.Value);
            return;
        }

        SetControl(place, Libc.IPPROTO_IPV6, Libc.IPV6_PKTINFO, IPv6InfoLength);
        BinaryPrimitives.WriteUInt128BigEndian(new Span<byte>(info, 16), source.Value);
        // A link-local source needs the interface, which is that of the client.
        *(uint*)(info + 16) = target.Scope;
    }

    /// <summary>Puts bytes before the place's datagram; with them it may be too long to be sent.</summary>
    public void Prepend(int place, ReadOnlySpan<byte> bytes)
    {
        ref var vector = ref _vectors[place];
        vector.Base -= bytes.Length;
        bytes.CopyTo(new Span<byte>(vector.Base, bytes.Length));
        _prefixes[place] = bytes.Length;
    }

    /// <summary>Makes the place the <paramref name="index"/>th of those that <see cref="Send"/> takes.</summary>
    public void Enqueue(int index, int place)
    {
        ref var message = ref _toSend[index];
        message = _received[place];
        _vectors[place].Length = message.Length + (uint)_prefixes[place];
        message.Control = _hasControl[place] ? _controls + (place * ControlSize) : null;
        message.ControlLength = _hasControl[place] ? _received[place].ControlLength : 0;
        message.Flags = 0;
    }

    /// <summary>
    /// Sends those enqueued from <paramref name="index"/> up to <paramref name="end"/>; how many the kernel took, or minus errno for the first.
    /// </summary>
    public int Send(int fd, int index, int end) => Libc.SendMessages(fd, _toSend + index, end - index);

    /// <summary>Where the enqueued message goes.</summary>
    public DatagramAddress TargetOf(int index) => SockAddr.ReadDatagram(_toSend[index].Name);

    public void Dispose() => NativeMemory.AlignedFree(_memory);

    private void SetName(int place, in DatagramAddress target) => _received[place].NameLength = (uint)SockAddr.Write(target, _names + (place * NameSize));

    private void SetControl(int place, int level, int type, int length)
    {
        byte* control = _controls + (place * ControlSize);
        *(nuint*)control = (nuint)(HeaderOfControl + length);
        *(int*)(control + 8) = level;
        *(int*)(control + 12) = type;
        // CMSG_SPACE: the data, up to the next word.
        _received[place].ControlLength = (nuint)(HeaderOfControl + ((length + 7) & ~7));
    }
}
