using System.Buffers.Binary;
using System.Net.Sockets;
using UserProxy.Model;
using UserProxy.Policy;

namespace UserProxy.Linux.SocketFilters;

/// <summary>
/// Compiles an <see cref="Admission"/> to classic BPF for a listening TCP socket: 0 (discard) for the SYN of a client that is not admitted, everything else
/// passes. Only SYNs are judged, because accepted sockets inherit the program (sk_clone_lock) and an established connection must never be cut by it.
/// Sources: linux/filter.h, Documentation/networking/filter.rst; packet data begin at the TCP header (tcp_filter in net/ipv4/tcp_ipv4.c).
/// </summary>
internal static class SynFilterCompiler
{
    /// <summary>BPF_MAXINSNS.</summary>
    public const int MaxInstructions = 4096;

    public const ushort LoadWord = 0x20, LoadByte = 0x30, LoadScratch = 0x60, StoreScratch = 0x02;
    public const ushort And = 0x54, JumpIfEqual = 0x15, Jump = 0x05, Return = 0x06;

    public const uint Pass = uint.MaxValue, Discard = 0;

    /// <summary>Added to an offset it means: from the IP header (SKF_NET_OFF, -0x100000).</summary>
    public const uint NetworkHeader = 0xFFF00000;

    public const uint TcpFlagsOffset = 13, IPv4SourceOffset = 12, IPv6SourceOffset = 8;

    private const uint Syn = 0x02, SynAndAck = 0x12;

    /// <summary>Null when it does not fit: some thousand blocks of IPv4, some hundred of IPv6.</summary>
    public static FilterInstruction[]? Compile(Admission admission, AddressFamily family)
    {
        var program = new List<FilterInstruction>
        {
            new(LoadByte, 0, 0, TcpFlagsOffset),
            new(And, 0, 0, SynAndAck),
            new(JumpIfEqual, 1, 0, Syn),
            new(Return, 0, 0, Pass),
        };
        int words = family == AddressFamily.InterNetworkV6 ? 4 : 1;
        uint source = NetworkHeader + (words == 4 ? IPv6SourceOffset : IPv4SourceOffset);
        for (uint word = 0; word < words; word++)
        {
            program.Add(new(LoadWord, 0, 0, source + (4 * word)));
            program.Add(new(StoreScratch, 0, 0, word));
        }

        foreach (var group in admission.Groups)
        {
            if (!TryAddGroup(program, group, family)) return null;
        }

        program.Add(new(Return, 0, 0, Pass));
        return program.Count <= MaxInstructions ? [.. program] : null;
    }

    /// <summary>Falls through to the next group for a source in one of the blocks, else discards.</summary>
    private static bool TryAddGroup(List<FilterInstruction> program, ValueList<CidrBlock> blocks, AddressFamily family)
    {
        var exits = new List<int>();
        foreach (var block in blocks)
        {
            if (block.Family != family) continue;
            AddBlock(program, block);
            exits.Add(program.Count);
            program.Add(default);
            if (program.Count > MaxInstructions) return false;
        }

        program.Add(new(Return, 0, 0, Discard));
        // The jump that needs no condition is the one whose distance is not limited to a byte.
        foreach (int exit in exits) program[exit] = new(Jump, 0, 0, (uint)(program.Count - exit - 1));
        return true;
    }

    /// <summary>Goes on with the instruction after the next one for a source that is not in the block.</summary>
    private static void AddBlock(List<FilterInstruction> program, CidrBlock block)
    {
        Span<byte> bytes = stackalloc byte[16];
        block.Address.TryWriteBytes(bytes, out _);
        int words = (block.PrefixLength + 31) / 32;
        int end = program.Count + LengthOf(block);
        for (int word = 0; word < words; word++)
        {
            int bits = Math.Min(32, block.PrefixLength - (32 * word));
            uint mask = uint.MaxValue << (32 - bits);
            program.Add(new(LoadScratch, 0, 0, (uint)word));
            if (bits < 32) program.Add(new(And, 0, 0, mask));
            uint value = BinaryPrimitives.ReadUInt32BigEndian(bytes[(4 * word)..]) & mask;
            // Past the jump that follows the block.
            program.Add(new(JumpIfEqual, 0, (byte)(end - program.Count), value));
        }
    }

    private static int LengthOf(CidrBlock block) => (2 * ((block.PrefixLength + 31) / 32)) + (block.PrefixLength % 32 == 0 ? 0 : 1);
}
