namespace UserProxy.FakeApiServer;

/// <summary>A request that has come in.</summary>
public sealed record RequestSeen(DateTimeOffset At, string Method, string Path, string Query, string Protocol)
{
    public bool IsWatch => Query.Contains("watch=true", StringComparison.Ordinal);
}
