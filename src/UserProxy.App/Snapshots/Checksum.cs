using System.Buffers.Binary;
using System.Numerics;

namespace UserProxy.App.Snapshots;

/// <summary>
/// CRC-32C of what a snapshot holds: every run of up to 32 wrong bits is found, and of others all but one in four thousand million. Against damage, not against
/// people: who owns the file is asked for that. Processors have an instruction for it, and no library is loaded.
/// </summary>
internal static class Checksum
{
    public const uint Start = uint.MaxValue;

    /// <summary>Goes on from <paramref name="sum"/>, that of the bytes before.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes, uint sum = Start)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..]) sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte one in bytes) sum = BitOperations.Crc32C(sum, one);
        return sum;
    }
}
