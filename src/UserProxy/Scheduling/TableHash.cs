namespace UserProxy.Scheduling;

/// <summary>
/// The hash of an address for tables that are kept for clients. Two secrets of this process are mixed in, each before what a client can choose: who chooses
/// addresses and ports cannot choose places. Never for schedulers, which every node must agree on.
/// </summary>
internal static class TableHash
{
    private static readonly ulong First = (ulong)Random.Shared.NextInt64(), Second = (ulong)Random.Shared.NextInt64();

    public static ulong Of(UInt128 address, ulong more = 0) =>
        ClientKey.Mix(ClientKey.Mix(ClientKey.Mix((ulong)(address >> 64) ^ First) + ((ulong)address ^ Second)) + more);
}
