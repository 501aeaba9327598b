using System.Globalization;
using System.Text.Json.Nodes;

namespace UserProxy.FakeApiServer;

/// <summary>One watch: the changes since a version that its selection sees, bookmarks in between and shortly before its time is over.</summary>
internal sealed class WatchAnswer(Store store, Faults faults, ServerSettings settings, string resource, Selection selection)
{
    /// <summary>As in the watch cache of a real server.</summary>
    private static readonly TimeSpan LastBookmark = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan FrozenPoll = TimeSpan.FromMilliseconds(20);

    private readonly long _linesFrom = store.Sequence; // raw lines are for those who are here

    public async Task RunAsync(long revision, string? timeoutSeconds, Func<string, Task> writeLine, CancellationToken stop)
    {
        var end = DateTimeOffset.UtcNow.AddSeconds(int.TryParse(timeoutSeconds, CultureInfo.InvariantCulture, out int asked) ? asked : 1800);
        var lastBookmark = end - LastBookmark;
        long from = 0;
        while (DateTimeOffset.UtcNow < end)
        {
            while (faults.FrozenWatches) await Task.Delay(FrozenPoll, stop);
            var (changes, next, more) = store.Since(resource, revision, from, _linesFrom);
            foreach (var change in changes)
            {
                if (Event(change) is { } line) await writeLine(line);
                revision = Math.Max(revision, change.Revision);
            }

            from = next;
            try
            {
                await more.WaitAsync(Shortest(settings.BookmarkInterval, lastBookmark, end), stop);
            }
            catch (TimeoutException) when (DateTimeOffset.UtcNow >= end || faults.FrozenWatches || faults.NoBookmarks)
            {
                // Nothing to say.
            }
            catch (TimeoutException)
            {
                await writeLine(Bookmark(Math.Max(revision, store.VersionOf(resource))));
            }
        }
    }

    /// <summary>Until the next bookmark, or the end when the last one has been sent.</summary>
    private static TimeSpan Shortest(TimeSpan interval, DateTimeOffset lastBookmark, DateTimeOffset end)
    {
        var now = DateTimeOffset.UtcNow;
        var rest = (now < lastBookmark ? lastBookmark : end) - now;
        return rest <= TimeSpan.Zero ? TimeSpan.Zero : rest < interval ? rest : interval;
    }

    private string? Event(Store.Change change)
    {
        if (change.Line is not null) return change.Line;
        bool was = selection.Matches(change.Old);
        bool isNow = selection.Matches(change.New);
        string? type = (was, isNow) switch
        {
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
            _ => null,
        };
        if (type is null) return null;
        return new JsonObject { ["type"] = type, ["object"] = (isNow ? change.New : change.New ?? change.Old)!.DeepClone() }.ToJsonString();
    }

    /// <summary>With the resource's own version, as a real server sends it: in a quiet one it says nothing new.</summary>
    private static string Bookmark(long version) => new JsonObject
    {
        ["type"] = "BOOKMARK",
        ["object"] = new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) } },
    }.ToJsonString();
}
