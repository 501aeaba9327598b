using System.Runtime.InteropServices;

namespace UserProxy.Serving;

/// <summary>
/// Keeps clients from eating the memory that everything else needs. Whatever they can make the process remember is counted here, by what it costs the process
/// and the kernel. Relays tell what they hold for peers that do not read. At half of the limit they hold no more: bytes stay in the socket that they came to,
/// and TCP slows their sender. Accept loops ask for each connection, UDP loops for each session, affinity for each pin. Counts, never blocks.
/// </summary>
public sealed class MemoryBudget
{
    /// <summary>Bytes of one pin of session affinity: 160 were counted, and the collector's heap is larger than what lives in it.</summary>
    public const int PerPin = 256;

    /// <summary>Bytes of one UDP session with its places in tables and lists: twice what was measured.</summary>
    public const int PerSession = 1024;

    /// <summary>Bytes of one of our own UDP ports, 2.6 KB of them in the kernel.</summary>
    public const int PerUpstream = 4 * 1024;

    private readonly int _perConnection;
    private Count _held;
    private long _sessions, _pins;
    private volatile bool _full;
    private volatile bool _short;

    /// <param name="available">Bytes that the process may have in all. Half is for clients, the other half for Services, the runtime and its collector.</param>
    /// <param name="perConnection">
    /// Bytes that a relayed connection costs while the transport holds nothing for it, those of the kernel's sockets included.
    /// </param>
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

    /// <summary>
    /// The number of held bytes from which on nothing is kept for slow readers. Each thread of a transport may overstep it by what it has asked the kernel to
    /// receive already: one buffer, and 1 MiB with io_uring.
    /// </summary>
    public long KeepLimit { get; }

    /// <summary>Bytes of UDP sessions and our ports for them: a flood of datagrams must not cost TCP its connections.</summary>
    public long SessionLimit => Limit / 8 * 3;

    /// <summary>Bytes of all pins together.</summary>
    public long PinLimit => Limit / 8;

    /// <summary>Bytes held by connections and for their slow readers, by sessions and pins.</summary>
    public long Held => Volatile.Read(ref _held.Value);

    /// <summary>
    /// Whether what a peer does not take at once may be held: asked before bytes are read. A plain read of a line of the cache that is hardly ever written; it
    /// may be one <see cref="Take"/> late.
    /// </summary>
    public bool MayKeep => !_full;

    /// <summary>
    /// Whether the system says that hardly anything is left, whatever has been counted: then nothing is kept and nobody is let in. Written by whoever looks at
    /// the container's limit.
    /// </summary>
    public bool IsShort
    {
        get => _short;
        set
        {
            _short = value;
            Add(0);
        }
    }

    /// <summary>Room for one more connection, taken if there is; given back by <see cref="ReturnConnection"/>.</summary>
    public bool TryTakeConnection() => TryAdd(_perConnection);

    public void ReturnConnection() => Add(-_perConnection);

    /// <summary>Counts a buffer that holds bytes for a slow reader, after <see cref="MayKeep"/> was true; given back by <see cref="Return"/>.</summary>
    public void Take(int bytes) => Add(bytes);

    public void Return(int bytes) => Add(-bytes);

    /// <summary>Room for so many bytes of UDP sessions and ports, taken if there is; given back by <see cref="ReturnSession"/>.</summary>
    public bool TryTakeSession(int bytes)
    {
        if (Interlocked.Add(ref _sessions, bytes) <= SessionLimit && TryAdd(bytes)) return true;
        Interlocked.Add(ref _sessions, -bytes);
        return false;
    }

    /// <summary>The same for the few that each loop has in any case.</summary>
    public void TakeSession(int bytes)
    {
        Interlocked.Add(ref _sessions, bytes);
        Add(bytes);
    }

    public void ReturnSession(int bytes) => TakeSession(-bytes);

    /// <summary>Room for one more pin, taken if there is; given back by <see cref="ReturnPins"/>.</summary>
    public bool TryTakePin()
    {
        if (Interlocked.Add(ref _pins, PerPin) <= PinLimit && TryAdd(PerPin)) return true;
        Interlocked.Add(ref _pins, -PerPin);
        return false;
    }

    public void ReturnPins(int count)
    {
        Interlocked.Add(ref _pins, -(long)count * PerPin);
        Add(-(long)count * PerPin);
    }

    private bool TryAdd(int bytes)
    {
        if (_short) return false;
        if (Add(bytes) <= Limit) return true;
        Add(-bytes);
        return false;
    }

    private long Add(long change)
    {
        long held = Interlocked.Add(ref _held.Value, change);
        bool full = held >= KeepLimit || _short;
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
