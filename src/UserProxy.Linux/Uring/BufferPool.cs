using UserProxy.Linux.Kernel;
using UserProxy.Serving;
using static UserProxy.Linux.Uring.RingConstants;

namespace UserProxy.Linux.Uring;

/// <summary>
/// The buffers into which one ring receives. The kernel takes one when bytes have come, so an idle connection holds none; it comes back when what is in it has
/// been sent. Only so many are provided as are used at a time: more when they once ran out, fewer again when they did not for a while. Then the memory of those
/// that are not used goes back to the system.
/// </summary>
internal sealed unsafe class BufferPool : IDisposable
{
    /// <summary>A receive that fills one tells of bulk, which is not the ring's.</summary>
    public const int BufferLength = 16 * 1024;

    public const ushort Group = 0;

    /// <summary>No buffer.</summary>
    public const int None = -1;

    public const int UsualCapacity = 1024;

    private const int ProvidedAtFirst = 64;

    private const long TrimMilliseconds = 10_000;

    private readonly int _capacity;
    private readonly MemoryBudget _memory;
    private readonly byte* _bytes;
    private readonly ProvidedBuffer* _ring;
    private readonly int[] _free;
    private readonly Piece[] _pieces;

    /// <summary>May have memory: it was provided once, and not trimmed since.</summary>
    private readonly bool[] _used;
    private int _usedCount;
    private bool _hasRunOut;
    private long _trimAt;
    private int _freeCount;
    private int _provided;
    private int _target;
    private ushort _tail;
    private long _counted;

    /// <param name="ring">Receives into them.</param>
    /// <param name="memory">Is told what is held.</param>
    /// <param name="capacity">How many there are: a power of two.</param>
    public BufferPool(Ring ring, MemoryBudget memory, int capacity)
    {
        _memory = memory;
        _capacity = capacity;
        _target = Math.Min(capacity, ProvidedAtFirst);
        _free = new int[capacity];
        _pieces = new Piece[capacity];
        _used = new bool[capacity];
        _ring = (ProvidedBuffer*)Map(RingLength, Libc.MAP_POPULATE);
        _bytes = Map((nuint)capacity * BufferLength, Libc.MAP_NORESERVE);
        for (int i = capacity; i-- > 0;) _free[_freeCount++] = i;
        try
        {
            var registration = new BufferRingRegistration { Address = (ulong)_ring, Entries = (uint)capacity, Group = Group };
            ring.Register(RegisterBufferRing, &registration, 1);
        }
        catch
        {
            Dispose();
            throw;
        }

        Provide();
    }

    private nuint RingLength => (nuint)_capacity * (nuint)sizeof(ProvidedBuffer);

    /// <summary>All are held, by sends to peers that do not take, or for them; or no more may be.</summary>
    public bool IsExhausted => _provided == 0 && (_freeCount == 0 || !_memory.MayKeep);

    /// <summary>Buffers that the kernel may fill.</summary>
    public int Provided => _provided;

    /// <summary>What is in a buffer, and the next one of the same connection.</summary>
    public ref Piece this[int buffer] => ref _pieces[buffer];

    public byte* At(int buffer) => _bytes + ((nint)buffer * BufferLength);

    /// <summary>The kernel has filled it.</summary>
    public void Taken(int buffer, int length)
    {
        _provided--;
        _pieces[buffer] = new Piece { Length = length, Next = None };
    }

    public void Return(int buffer) => _free[_freeCount++] = buffer;

    /// <summary>A receive found none: more are provided from now on, unless memory is short.</summary>
    public void Grow()
    {
        if (!_memory.MayKeep) return;
        _target = Math.Min(_capacity, 2 * _target);
        _hasRunOut = true;
    }

    /// <summary>Milliseconds until <see cref="TrimIfDue"/> has something to do; -1 for never.</summary>
    public int TrimDue(long now)
    {
        if (_target == ProvidedAtFirst && _usedCount <= 2 * ProvidedAtFirst) return -1;
        if (_trimAt == 0) _trimAt = now + TrimMilliseconds;
        return (int)Math.Max(0, _trimAt - now);
    }

    public void TrimIfDue(long now)
    {
        if (TrimDue(now) != 0) return;
        _trimAt = 0;
        Trim();
    }

    /// <summary>Halves what is provided, unless it has run out since the last time. The free ones that were used last keep their memory.</summary>
    public void Trim()
    {
        if (!_hasRunOut) _target = Math.Max(ProvidedAtFirst, _target / 2);
        _hasRunOut = false;
        for (int i = 0; i < _freeCount - ProvidedAtFirst; i++)
        {
            int buffer = _free[i];
            if (!_used[buffer]) continue;
            _used[buffer] = false;
            _usedCount--;
            Libc.Discard(At(buffer), BufferLength);
        }
    }

    /// <summary>
    /// Gives the kernel what it may fill next, and tells the budget what is held: what has been received, and what may be beyond the usual few. When memory is
    /// short the kernel gets nothing, and receives end. Before each submission.
    /// </summary>
    public void Provide()
    {
        // First, or what has just been received would be made up for, whatever the budget says.
        Count();
        bool any = false;
        for (int target = Target(); _provided < target && _freeCount > 0; _provided++, any = true)
        {
            // Last in, first out: what was used just now is still in the processor's caches.
            int buffer = _free[--_freeCount];
            var entry = &_ring[_tail++ & (_capacity - 1)];
            entry->Address = (ulong)At(buffer);
            entry->Length = BufferLength;
            entry->Id = (ushort)buffer;
            if (_used[buffer]) continue;
            _used[buffer] = true;
            _usedCount++;
        }

        if (!any) return;
        Volatile.Write(ref _ring->Tail, _tail);
        Count();
    }

    /// <summary>What is provided beyond the usual few is counted, and fits into what may be kept: only those few may overstep it.</summary>
    private int Target()
    {
        if (!_memory.MayKeep) return 0;
        // What others write all the time is looked at by those alone that have grown.
        if (_target <= ProvidedAtFirst) return _target;
        return (int)Math.Min(_target, ProvidedAtFirst + Math.Max(0, (_memory.KeepLimit - _memory.Held) / BufferLength));
    }

    private void Count()
    {
        long held = (long)(_capacity - _freeCount - Math.Min(_provided, ProvidedAtFirst)) * BufferLength;
        if (held == _counted) return;
        if (held > _counted) _memory.Take((int)(held - _counted));
        else _memory.Return((int)(_counted - held));
        _counted = held;
    }

    public void Dispose()
    {
        if (_counted > 0) _memory.Return((int)_counted);
        _counted = 0;
        Libc.Unmap((byte*)_ring, RingLength);
        Libc.Unmap(_bytes, (nuint)_capacity * BufferLength);
    }

    private static byte* Map(nuint length, int flags)
    {
        byte* address = Libc.Map(length, flags | Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0, out int error);
        return address is not null ? address : throw Errno.ToException(error);
    }

    internal struct Piece
    {
        public int Start, Length, Next;
    }
}
