namespace UserProxy.Linux.Loops;

/// <summary>
/// Who is told of what the kernel says, by a number that the kernel gives back. A number that is used again has another generation, so that what is still to
/// come for the old owner goes nowhere. One per loop, on its thread only.
/// </summary>
internal sealed class HandlerSlots
{
    private const int GenerationBits = 24;

    private readonly Stack<int> _free = [];
    private Slot[] _slots = new Slot[64];
    private int _used;

    /// <summary>Those who are told of something; some more than once.</summary>
    public IEnumerable<ILoopHandler> All => _slots.Take(_used).Select(slot => slot.Handler).OfType<ILoopHandler>();

    public int Add(ILoopHandler handler)
    {
        if (!_free.TryPop(out int slot))
        {
            if (_used == _slots.Length) Array.Resize(ref _slots, 2 * _used);
            slot = _used++;
        }

        _slots[slot].Handler = handler;
        return slot;
    }

    public void Remove(int slot)
    {
        _slots[slot].Handler = null;
        _slots[slot].Generation = (_slots[slot].Generation + 1) & ((1u << GenerationBits) - 1);
        _free.Push(slot);
    }

    /// <summary>What the kernel is to give back for this owner: 56 bits.</summary>
    public ulong TokenOf(int slot) => ((ulong)_slots[slot].Generation << 32) | (uint)slot;

    /// <summary>Null when the owner has gone.</summary>
    public ILoopHandler? Find(ulong token)
    {
        uint number = (uint)token;
        if (number >= (uint)_slots.Length) return null;
        ref var slot = ref _slots[number];
        return slot.Generation == (uint)(token >> 32) ? slot.Handler : null;
    }

    private struct Slot
    {
        public ILoopHandler? Handler;
        public uint Generation;
    }
}
