namespace UserProxy.Linux.Loops;

/// <summary>The things of one loop that are swept at one interval. Add and remove are O(1); only the loop's thread touches it.</summary>
internal sealed class TimedList(int intervalMilliseconds)
{
    private readonly List<ITimed> _items = [];
    private long _nextAt;

    public int Count => _items.Count;

    public void Add(ITimed item, long now)
    {
        if (_items.Count == 0) _nextAt = now + intervalMilliseconds;
        item.TimedIndex = _items.Count;
        _items.Add(item);
    }

    public void Remove(ITimed item)
    {
        int index = item.TimedIndex;
        if (index < 0) return;
        var last = _items[^1];
        _items[index] = last;
        last.TimedIndex = index;
        _items.RemoveAt(_items.Count - 1);
        item.TimedIndex = -1;
    }

    /// <summary>Milliseconds until the next sweep; -1 for never, as epoll_wait counts.</summary>
    public int Due(long now) => _items.Count == 0 ? -1 : (int)Math.Max(0, _nextAt - now);

    public void Sweep(long now)
    {
        if (_items.Count == 0 || now < _nextAt) return;
        _nextAt = now + intervalMilliseconds;
        // Backwards, because an item may remove itself, which moves the last one into its place.
        for (int i = _items.Count - 1; i >= 0; i--)
        {
            if (i < _items.Count) _items[i].OnTick(now);
        }
    }
}
