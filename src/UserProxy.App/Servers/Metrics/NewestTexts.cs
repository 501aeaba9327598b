namespace UserProxy.App.Servers.Metrics;

/// <summary>
/// Few texts of scrapes are held while they are sent: the oldest give way to a new one. A text is read in milliseconds, so the oldest of several
/// is that of a scraper that reads nothing, and neither memory nor the others wait for it. Used by <see cref="ProxyMetrics"/>.
/// </summary>
internal sealed class NewestTexts
{
    private readonly LinkedList<CancellationTokenSource> _held = [];

    /// <param name="scrape">Cancelled when it has to give way.</param>
    /// <param name="most">How many there may be with it.</param>
    public void Add(CancellationTokenSource scrape, int most)
    {
        var oldest = new List<CancellationTokenSource>();
        lock (_held)
        {
            _held.AddLast(scrape);
            while (_held.Count > most)
            {
                oldest.Add(_held.First!.Value);
                _held.RemoveFirst();
            }
        }

        // Off this thread: what they have to do to end is no matter of the new one.
        foreach (var scraper in oldest) _ = scraper.CancelAsync();
    }

    /// <summary>Its text is not held any more; also of one that had to give way.</summary>
    public void Remove(CancellationTokenSource scrape)
    {
        lock (_held) _held.Remove(scrape);
    }
}
