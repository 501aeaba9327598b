namespace UserProxy.FakeApiServer;

/// <summary>How a server is, for its whole life.</summary>
public sealed record ServerSettings
{
    /// <summary>0 for any that is free.</summary>
    public int Port { get; init; }

    /// <summary>HTTP/1.1 only when false.</summary>
    public bool Http2 { get; init; } = true;

    /// <summary>
    /// A page of a list holds no more, whatever is asked. Without it pages are as long as is asked, and, as from a real server's watch cache, there are none
    /// where version 0 is asked for.
    /// </summary>
    public int? MaxPage { get; init; }

    /// <summary>After each start every request is answered with 403 for so long, as a server does that has not read its roles yet.</summary>
    public TimeSpan WarmUp { get; init; }

    /// <summary>A minute in a real server.</summary>
    public TimeSpan BookmarkInterval { get; init; } = TimeSpan.FromMinutes(1);
}
