namespace UserProxy.ProxyProtocol;

/// <summary>Reads a header of either version out of the first bytes of a connection; refuses as soon as they can be no header.</summary>
internal static class ProxyHeaderParser
{
    public static ParseResult Parse(ReadOnlySpan<byte> bytes, out ProxyHeader header, out ProxyHeaderFault fault)
    {
        header = default;
        fault = ProxyHeaderFault.NotAHeader;
        if (bytes.IsEmpty) return ParseResult.Incomplete;
        // The first byte tells the versions apart.
        var signature = bytes[0] == ProxyHeaderV2.Signature[0] ? ProxyHeaderV2.Signature : ProxyHeaderV1.Signature;
        int common = Math.Min(signature.Length, bytes.Length);
        if (!bytes[..common].SequenceEqual(signature[..common])) return ParseResult.Invalid;
        if (common < signature.Length) return ParseResult.Incomplete;
        fault = ProxyHeaderFault.Malformed;
        return signature.Length == ProxyHeaderV1.Signature.Length ? ProxyHeaderV1.Parse(bytes, out header) : ProxyHeaderV2.Parse(bytes, out header, ref fault);
    }
}

/// <summary>How far a header has been understood.</summary>
internal enum ParseResult
{
    /// <summary>It may become one.</summary>
    Incomplete,

    Complete,

    /// <summary>Whatever follows.</summary>
    Invalid,
}
