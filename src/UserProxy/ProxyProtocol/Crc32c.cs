using System.Numerics;

namespace UserProxy.ProxyProtocol;

/// <summary>CRC32c (RFC 4960, appendix B), as PP2_TYPE_CRC32C has it.</summary>
internal static class Crc32c
{
    private const int Length = 4;

    /// <summary>Of a header, with zeros for the checksum at <paramref name="checksumAt"/>.</summary>
    public static uint OfHeader(ReadOnlySpan<byte> header, int checksumAt)
    {
        uint crc = uint.MaxValue;
        for (int i = 0; i < header.Length; i++)
        {
            bool isChecksum = i >= checksumAt && i < checksumAt + Length;
            crc = BitOperations.Crc32C(crc, isChecksum ? (byte)0 : header[i]);
        }

        return ~crc;
    }
}
