namespace UserProxy.FunctionalTests.Cluster;

/// <summary>A Pod that answers each connection with its name and closes, on <see cref="Port"/> of both families.</summary>
internal sealed record Pod(Host Host, string Node)
{
    public const int Port = 8080;

    public string Name => Host.Name;
}
