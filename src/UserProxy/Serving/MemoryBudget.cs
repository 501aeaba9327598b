using System.Runtime.InteropServices;

namespace UserProxy.Serving;

/// <summary>
/// Keeps connections from eating the memory that everything else needs. Relays tell what they hold for peers that do not read, and stop holding at half of the limit: then
/// bytes stay in the socket that they came to, and TCP slows their sender. Accept loops ask for each connection. Counts, never blocks.
/// </summary>
public sealed class MemoryBudget
{
    private readonly int _perConnection;
    private Count _held;
    private volatile bool _full;

    /// <param name="available">Bytes that the process may have in all. Half is for connections, the other half for Services, the runtime and its collector.</param>
    /// <param name="perConnection">Bytes that a relayed connection costs the transport while it holds nothing.</param>
    public MemoryBudget(long available, int perConnection)
    {
        _perConnection = perConnection;
        // One connection always fits.
        Limit = Math.Max(perConnection, available / 2);
        KeepLimit = Limit / 2;
        _full = KeepLimit == 0;
    }

    /// <summary>For what holds nothing for connections.</summary>
    public static MemoryBudget Unlimited => new(long.MaxValue, 0);

    /// <summary>The number of held bytes at which admission stops.</summary>
    public long Limit { get; }

    /// <summary>The number of held bytes from which on nothing is kept for slow readers. Each thread of a transport may overstep it by one buffer.</summary>
    public long KeepLimit { get; }

    /// <summary>Bytes held by connections and for their slow readers.</summary>
    public long Held => Volatile.Read(ref _held.Value);

    /// <summary>
    /// Whether what a peer does not take at once may be held: asked before bytes are read. A plain read of a line of the cache that is hardly ever written; it may be one
    /// <see cref="Take"/> late.
    /// </summary>
    public bool MayKeep => !_full;

    /// <summary>Room for one more connection, taken if there is; given back by <see cref="ReturnConnection"/>.</summary>
    public bool TryTakeConnection()
    {
        if (Add(_perConnection) <= Limit) return true;
        Add(-_perConnection);
        return false;
    }

    public void ReturnConnection() => Add(-_perConnection);

    /// <summary>Counts a buffer that holds bytes for a slow reader, after <see cref="MayKeep"/> was true; given back by <see cref="Return"/>.</summary>
    public void Take(int bytes) => Add(bytes);

    public void Return(int bytes) => Add(-bytes);

    private long Add(long change)
    {
        long held = Interlocked.Add(ref _held.Value, change);
        bool full = held >= KeepLimit;
        if (full != _full) _full = full;
        return held;
    }

    /// <summary>Alone in its line of the cache: every connection writes it, and every read of a relay looks at what lies beside.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 192)]
    private struct Count
    {
        [FieldOffset(64)]
        public long Value;
    }
}
