namespace UserProxy.Linux.Loops;

/// <summary>
/// Something on a loop that a deadline may end. Swept coarsely instead of holding a timer: a dial or a flush every 10 ms while there are any, a
/// relay every 500 ms.
/// </summary>
internal interface ITimed
{
    /// <summary>Its place in the loop's list, written by <see cref="TimedList"/> only.</summary>
    int TimedIndex { get; set; }

    /// <summary>Called on the loop. May remove itself from its list.</summary>
    void OnTick(long nowMilliseconds);
}
