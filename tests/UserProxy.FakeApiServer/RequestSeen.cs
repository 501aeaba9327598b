namespace UserProxy.FakeApiServer;

/// <summary>A request that has come in.</summary>
public sealed record RequestSeen(DateTimeOffset At, string Method, string Path, string Query, string Protocol)
{
    /// <summary>The Accept-Encoding header.</summary>
    public string Encodings { get; init; } = "";

    /// <summary>Which TCP connection it came through.</summary>
    public string Connection { get; init; } = "";

    public bool IsWatch => Query.Contains("watch=true", StringComparison.Ordinal);

    /// <summary>The right that a role must give for it.</summary>
    public ApiRight Right => ApiRight.Of(this);
}
