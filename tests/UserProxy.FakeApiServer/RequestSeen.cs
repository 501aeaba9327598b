namespace UserProxy.FakeApiServer;

/// <summary>A request that has come in.</summary>
public sealed record RequestSeen(DateTimeOffset At, string Method, string Path, string Query, string Protocol)
{
    public bool IsWatch => Query.Contains("watch=true", StringComparison.Ordinal);

    /// <summary>The right that a role must give for it.</summary>
    public ApiRight Right => ApiRight.Of(this);
}
