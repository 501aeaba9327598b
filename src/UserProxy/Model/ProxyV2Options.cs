namespace UserProxy.Model;

/// <summary>What a header of version 2 carries besides the addresses and the unique id of the connection.</summary>
[Flags]
public enum ProxyV2Options
{
    None = 0,

    /// <summary>A checksum over the header (PP2_TYPE_CRC32C).</summary>
    Crc32c = 1,

    /// <summary>The Service as <c>namespace/name:port</c>, in a TLV of the custom range.</summary>
    ServiceName = 2,
}
