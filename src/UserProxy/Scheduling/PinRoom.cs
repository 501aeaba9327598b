namespace UserProxy.Scheduling;

/// <summary>
/// Room for the pins of all Services together. When it is used up, the Service that has most pins loses its oldest: whoever floods one Service with
/// addresses must not cost the others their pins. To serve a client comes before any pin. Asked by <see cref="AffinityTable"/>s, and by accept loops that have
/// no memory left for a client.
/// </summary>
/// <param name="tryTake">Takes room for one pin from the budget, if there is.</param>
/// <param name="giveBack">Gives back that of so many.</param>
/// <param name="gaveWay">Told how many pins were removed for others.</param>
public sealed class PinRoom(Func<bool> tryTake, Action<int> giveBack, Action<int>? gaveWay = null)
{
    /// <summary>Removed at a time, or an eighth of what a table has: the largest is looked for among all, which is not to be done for each pin.</summary>
    private const int Batch = 128;

    private readonly Lock _lock = new();
    private readonly HashSet<AffinityTable> _tables = [];
    private int _count;

    /// <summary>For tables that are bound by their own capacity alone.</summary>
    public static PinRoom Unlimited => new(() => true, _ => { });

    /// <summary>Pins that there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Room for one pin, at the cost of older ones where there is none. Not to be called with the lock of a table held.</summary>
    public bool TryTake()
    {
        if (!tryTake() && !(EvictOldest() && tryTake())) return false;
        Interlocked.Increment(ref _count);
        return true;
    }

    public void Return(int pins)
    {
        if (pins == 0) return;
        Interlocked.Add(ref _count, -pins);
        giveBack(pins);
    }

    /// <summary>Removes the oldest pins of the table that has most; false when there are none.</summary>
    public bool EvictOldest()
    {
        if (Count == 0) return false;
        AffinityTable? largest = null;
        lock (_lock)
        {
            foreach (var table in _tables)
            {
                if (table.Count > (largest?.Count ?? 0)) largest = table;
            }
        }

        int removed = largest?.RemoveOldest(Math.Max(Batch, largest.Count / 8)) ?? 0;
        if (removed == 0) return false;
        gaveWay?.Invoke(removed);
        return true;
    }

    internal void Enter(AffinityTable table)
    {
        lock (_lock) _tables.Add(table);
    }

    internal void Leave(AffinityTable table)
    {
        lock (_lock) _tables.Remove(table);
    }
}
