namespace UserProxy.FakeApiServer;

/// <summary>What the server does wrong, on demand; set by tests while it runs.</summary>
public sealed class Faults
{
    private int _tooMany;
    private int _expiredContinues;

    /// <summary>Watches are accepted and then say nothing; what changes is not told.</summary>
    public bool FrozenWatches { get; set; }

    /// <summary>No request is answered at all.</summary>
    public bool FrozenRequests { get; set; }

    /// <summary>Answers go out a byte at a time.</summary>
    public bool SlowBytes { get; set; }

    /// <summary>As servers before 1.31: spec.clusterIP is no field selector.</summary>
    public bool OldFieldSelectors { get; set; }

    /// <summary>A watch from a compacted version gets an ERROR event instead of HTTP 410.</summary>
    public bool GoneAsEvent { get; set; }

    /// <summary>events.k8s.io is not there.</summary>
    public bool NoEventsApi { get; set; }

    /// <summary>No bookmarks, however long it takes.</summary>
    public bool NoBookmarks { get; set; }

    /// <summary>Asked for each watch: how long until its connection is cut; null for never.</summary>
    public Func<TimeSpan?>? CutWatchAfter { get; set; }

    /// <summary>Asked for each watch, with its resource and version: the code of an ERROR event that it begins and ends with; null for none.</summary>
    public Func<string, long, int?>? WatchError { get; set; }

    /// <summary>Asked for each watch, with its resource and version: the status that refuses it; null for none. Lists are answered.</summary>
    public Func<string, long, int?>? WatchRefused { get; set; }

    /// <summary>Something between the proxy and the server answers, with 503 and a page in HTML.</summary>
    public bool GatewayOnly { get; set; }

    /// <summary>Resources that are answered with 403.</summary>
    public HashSet<string> Forbidden { get; } = [];

    /// <summary>Resources that are answered with 503.</summary>
    public HashSet<string> Unavailable { get; } = [];

    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>That many requests get 429 with Retry-After.</summary>
    public void TooManyRequests(int count) => Interlocked.Exchange(ref _tooMany, count);

    /// <summary>That many continue tokens are expired.</summary>
    public void ExpireContinues(int count) => Interlocked.Exchange(ref _expiredContinues, count);

    internal bool TakeTooMany() => Take(ref _tooMany);

    internal bool TakeExpiredContinue() => Take(ref _expiredContinues);

    private static bool Take(ref int count)
    {
        if (Interlocked.Decrement(ref count) >= 0) return true;
        Interlocked.Increment(ref count);
        return false;
    }
}
