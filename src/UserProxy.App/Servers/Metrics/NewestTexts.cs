namespace UserProxy.App.Servers.Metrics;

/// <summary>
/// At most so many texts of scrapes are held while they are sent: the oldest gives way to a new one. A text is read in milliseconds, so the oldest of several
/// is that of a scraper that reads nothing, and neither memory nor the others wait for it. Used by <see cref="ProxyMetrics"/>.
/// </summary>
internal sealed class NewestTexts(int most)
{
    private readonly LinkedList<CancellationTokenSource> _held = [];

    /// <param name="scrape">Cancelled when it has to give way.</param>
    public void Add(CancellationTokenSource scrape)
    {
        CancellationTokenSource? oldest = null;
        lock (_held)
        {
            _held.AddLast(scrape);
            if (_held.Count > most)
            {
                oldest = _held.First!.Value;
                _held.RemoveFirst();
            }
        }

        // Off this thread: what the oldest has to do to end is no matter of the new one.
        _ = oldest?.CancelAsync();
    }

    /// <summary>Its text is not held any more; also of one that had to give way.</summary>
    public void Remove(CancellationTokenSource scrape)
    {
        lock (_held) _held.Remove(scrape);
    }
}
