namespace UserProxy.Scheduling;

/// <summary>
/// The hash of an address for tables that are kept for clients: with two secrets of this process, each mixed in before what a client can choose meets, so that
/// nobody who chooses addresses and ports can choose places. Never for schedulers, which every node must agree on.
/// </summary>
internal static class TableHash
{
    private static readonly ulong First = (ulong)Random.Shared.NextInt64(), Second = (ulong)Random.Shared.NextInt64();

    public static ulong Of(UInt128 address, ulong more = 0) =>
        ClientKey.Mix(ClientKey.Mix(ClientKey.Mix((ulong)(address >> 64) ^ First) + ((ulong)address ^ Second)) + more);
}
