namespace UserProxy.Linux.Loops;

/// <summary>
/// Who is told of what the kernel says, by a number that the kernel gives back. A number that is used again has another generation, so that what is still to
/// come for the old owner goes nowhere. One per loop, on its thread only.
/// </summary>
internal sealed class HandlerSlots
{
    private const int GenerationBits = 24;

    private readonly List<ILoopHandler?> _handlers = [];
    private readonly List<uint> _generations = [];
    private readonly Stack<int> _free = [];

    public int Add(ILoopHandler handler)
    {
        if (!_free.TryPop(out int slot))
        {
            slot = _handlers.Count;
            _handlers.Add(null);
            _generations.Add(0);
        }

        _handlers[slot] = handler;
        return slot;
    }

    public void Remove(int slot)
    {
        _handlers[slot] = null;
        _generations[slot] = (_generations[slot] + 1) & ((1u << GenerationBits) - 1);
        _free.Push(slot);
    }

    /// <summary>What the kernel is to give back for this owner: 56 bits.</summary>
    public ulong TokenOf(int slot) => ((ulong)_generations[slot] << 32) | (uint)slot;

    /// <summary>Null when the owner has gone.</summary>
    public ILoopHandler? Find(ulong token)
    {
        int slot = (int)(uint)token;
        return _generations[slot] == (uint)(token >> 32) ? _handlers[slot] : null;
    }
}
